import { Checkbox } from '@mantine/core';
import { allows } from '../../api/hooks';
import type { PermissionView } from '../../api/types';
import { words } from '../../ui/format';
import table from '../../ui/ui.module.css';

interface Props {
  permissions: PermissionView[];
  granted: string[];
  onChange: (granted: string[]) => void;
  readOnly?: boolean;
}

/** A row for each noun, a column for seeing and one for changing; changing includes seeing. */
export function Matrix({ permissions, granted, onChange, readOnly }: Props) {
  const nouns = [...new Set(permissions.map((permission) => permission.name.split(':')[1] ?? permission.name))];
  const find = (name: string) => permissions.find((permission) => permission.name === name);
  const toggle = (name: string, on: boolean) => onChange(on ? [...granted, name] : granted.filter((item) => item !== name));
  const every = (verb: string) => permissions.filter((permission) => permission.name.startsWith(`${verb}:`)).map((permission) => permission.name);
  const toggleAll = (verb: string, on: boolean) => onChange(on ? [...new Set([...granted, ...every(verb)])] : granted.filter((item) => !item.startsWith(`${verb}:`)));
  const cell = (verb: 'view' | 'manage', noun: string) => {
    const name = `${verb}:${noun}`;
    const permission = find(name);
    if (!permission) return <span className="dim">–</span>;
    const included = verb === 'view' && granted.includes(`manage:${noun}`);
    return (
      <Checkbox
        size="xs"
        aria-label={`${verb === 'view' ? 'View' : 'Manage'} ${words(noun).toLowerCase()}`}
        checked={allows(granted, name)}
        disabled={readOnly || included}
        onChange={(event) => toggle(name, event.currentTarget.checked)}
      />
    );
  };
  return (
    <div className={table.frame}>
      <table className={table.table} aria-label="Permissions">
        <thead>
          <tr>
            <th scope="col">Permission</th>
            {(['view', 'manage'] as const).map((verb) => (
              <th key={verb} scope="col" style={{ width: 110 }}>
                <Checkbox size="xs" label={words(verb)} disabled={readOnly} checked={every(verb).every((name) => allows(granted, name))}
                  indeterminate={every(verb).some((name) => allows(granted, name)) && !every(verb).every((name) => allows(granted, name))}
                  onChange={(event) => toggleAll(verb, event.currentTarget.checked)} aria-label={`${words(verb)} everything`} />
              </th>
            ))}
            <th scope="col">Means</th>
          </tr>
        </thead>
        <tbody>
          {nouns.map((noun) => (
            <tr key={noun}>
              <td><b style={{ fontWeight: 500 }}>{words(noun)}</b></td>
              <td>{cell('view', noun)}</td>
              <td>{cell('manage', noun)}</td>
              <td className="dim" data-wrap>{(find(`manage:${noun}`) ?? find(`view:${noun}`))?.description}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
