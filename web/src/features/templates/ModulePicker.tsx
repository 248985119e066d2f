import { useState } from 'react';
import { Checkbox, CloseButton, Input, Skeleton, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useList } from '../../api/hooks';
import { ErrorNote } from '../../ui/Errors';
import { commonModules } from './commonModules';
import classes from './templates.module.css';

interface Props {
  version: string;
  value: string[];
  onChange: (value: string[]) => void;
  error?: string;
}

const modulePattern = /^[a-z][a-z0-9_]{0,63}$/;

/** Modules of the catalogue by search; a name that stands in no catalogue can be added too. */
export function ModulePicker({ version, value, onChange, error }: Props) {
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(text.trim(), 200);
  const list = useList(api.catalogModules(version, { q }), { enabled: Boolean(version) });
  const toggle = (name: string) => onChange(value.includes(name) ? value.filter((item) => item !== name) : [...value, name]);
  // Without the image on this machine its own list is not known, but these are in every Odoo.
  const unknown = list.error?.code === 'image_not_present';
  const rows = unknown ? commonModules.filter((module) => `${module.name} ${module.title} ${module.category}`.toLowerCase().includes(q.toLowerCase())) : list.rows;
  const own = text.trim();
  const mayAddOwn = modulePattern.test(own) && !value.includes(own) && !rows?.some((module) => module.name === own);
  return (
    <Input.Wrapper label="Modules" description="Installed when an instance is made, with what they depend on." size="sm" error={error} labelElement="div">
      <div className={classes.picker}>
        <div>
          <TextInput
            size="xs" type="search" aria-label="Search modules" placeholder="Search modules, or write a technical name" leftSection={<IconSearch size={14} aria-hidden />}
            value={text} onChange={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => { if (event.key === 'Enter') { event.preventDefault(); if (mayAddOwn) { toggle(own); setText(''); } } }}
          />
          <div className={classes.modules} role="group" aria-label="Modules of the catalog" tabIndex={0}>
            {list.error && !unknown && <ErrorNote error={list.error} />}
            {list.loading && [0, 1, 2, 3, 4, 5].map((row) => <Skeleton key={row} height={10} my={10} mx={8} />)}
            {unknown && <Text size="xs" className="dim" p={8}>The image of {version} is not on this machine yet, so these are only the applications that every Odoo has. Write the technical name of any other.</Text>}
            {rows?.map((module) => (
              <label key={module.name} className={classes.module}>
                <Checkbox size="xs" checked={value.includes(module.name)} onChange={() => toggle(module.name)} aria-label={module.title} />
                <span className={classes.moduleTitle}>{module.title}<span className="mono dim"> {module.name}</span></span>
                <span className="dim clip">{module.category}</span>
              </label>
            ))}
            {mayAddOwn && <button type="button" className={classes.own} onClick={() => { toggle(own); setText(''); }}>Add “{own}”</button>}
            {rows?.length === 0 && !mayAddOwn && <Text size="sm" className="dim" p={8}>No module is called that.</Text>}
            {!unknown && list.more && <button type="button" className={classes.own} onClick={list.loadMore}>Show more</button>}
          </div>
        </div>
        <div className={classes.chosen}>
          <Text size="xs" className="dim">{value.length} chosen</Text>
          <ul>
            {value.map((name) => (
              <li key={name}><span className="mono clip">{name}</span><CloseButton size="xs" aria-label={`Remove ${name}`} onClick={() => toggle(name)} /></li>
            ))}
          </ul>
        </div>
      </div>
    </Input.Wrapper>
  );
}
