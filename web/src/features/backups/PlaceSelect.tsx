import { Select } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useList } from '../../api/hooks';
import { useTexts } from '../../texts/texts';

interface Props { value: string | null; onChange: (value: string | null) => void; error?: string; label?: string; placeholder?: string; description?: string }

/** Where a backup goes; null is the default place, or what is said instead. */
export function PlaceSelect({ value, onChange, error, label, placeholder, description }: Props) {
  const { backups: t } = useTexts();
  const { rows = [] } = useList(api.backupTargets());
  return (
    <Select
      size="sm" label={label ?? t.place} placeholder={placeholder ?? t.defaultPlace} description={description} clearable error={error} value={value} onChange={onChange}
      data={[...rows.map((target) => ({ value: target.id, label: target.name })), { value: 'local', label: t.ownPlace }]}
    />
  );
}
