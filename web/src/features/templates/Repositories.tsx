import { ActionIcon, Button, PasswordInput, Text, Textarea, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import type { AddonRepository } from '../../api/types';
import ui from '../../ui/ui.module.css';
import classes from './templates.module.css';

interface Props {
  value: AddonRepository[];
  onChange: (value: AddonRepository[]) => void;
  error?: string;
}

/** Git repositories with add-ons; a deploy key is written, never read back. */
export function Repositories({ value, onChange, error }: Props) {
  const change = (index: number, part: Partial<AddonRepository>) => onChange(value.map((item, position) => (position === index ? { ...item, ...part } : item)));
  return (
    <fieldset style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}>
      <legend className={ui.legend}>Add-on repositories</legend>
      <Text size="xs" className="dim" mb={6}>Git repositories whose modules are put on the add-ons path.</Text>
      {value.map((repository, index) => (
        <div key={index}>
          <div className={classes.repository}>
            <TextInput size="xs" aria-label={`Address of repository ${index + 1}`} placeholder="https://github.com/OCA/web.git" spellCheck={false} value={repository.url} onChange={(event) => change(index, { url: event.currentTarget.value })} />
            <TextInput size="xs" aria-label={`Branch of repository ${index + 1}`} placeholder="18.0" spellCheck={false} value={repository.branch ?? ''} onChange={(event) => change(index, { branch: event.currentTarget.value || undefined })} />
            <ActionIcon variant="subtle" color="gray" aria-label={`Remove repository ${index + 1}`} onClick={() => onChange(value.filter((_, position) => position !== index))}><IconTrash size={15} aria-hidden /></ActionIcon>
          </div>
          {repository.url.startsWith('https:') && (
            <PasswordInput size="xs" mb={8} label="Token" description={repository.hasToken ? 'A token is kept. Write another to replace it.' : 'Only where the repository is not public.'} autoComplete="off" value={repository.token ?? ''} onChange={(event) => change(index, { token: event.currentTarget.value || undefined })} />
          )}
          {/^(git@|ssh:)/.test(repository.url) && (
            <Textarea size="xs" mb={8} rows={2} label="Deploy key" description={repository.hasDeployKey ? 'A key is kept. Paste another to replace it.' : 'A private key that may read the repository.'} spellCheck={false} autoComplete="off" placeholder="-----BEGIN OPENSSH PRIVATE KEY-----" value={repository.deployKey ?? ''} onChange={(event) => change(index, { deployKey: event.currentTarget.value || undefined })} />
          )}
        </div>
      ))}
      {error && <Text size="xs" c="var(--mantine-color-error)" mb={4}>{error}</Text>}
      <Button size="compact-sm" variant="default" leftSection={<IconPlus size={13} aria-hidden />} onClick={() => onChange([...value, { url: '' }])}>Add repository</Button>
    </fieldset>
  );
}
