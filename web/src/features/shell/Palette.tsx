import { useMemo, useState } from 'react';

import { useDebouncedValue } from '@mantine/hooks';
import { IconBuildingSkyscraper, IconCube, IconPlus, IconServer, IconSitemap, IconTemplate, IconUserCircle, type Icon } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { allows, useMe, useRead } from '../../api/hooks';
import type { MeView } from '../../api/types';
import { useGo, usePaths } from '../../nav';
import { paths } from '../../paths';
import { entries } from './Sidebar';
import classes from './shell.module.css';
import { Dialog } from '../../ui/Dialog';

interface Option {
  key: string;
  label: string;
  kind: string;
  to: string;
  icon: Icon;
}

function fixed(me: MeView): Option[] {
  const to = paths.in(me.current.slug);
  const may = (permission: string) => allows(me.current.permissions, permission);
  const action = (label: string, address: string): Option => ({ key: `do-${label}`, label, kind: 'Action', to: address, icon: IconPlus });
  return [
    ...entries(me).flatMap((group) => group.items.map((item): Option => ({ key: item.to, label: item.label, kind: 'Page', to: item.to, icon: item.icon }))),
    { key: 'account', label: 'Your account', kind: 'Page', to: to.account(), icon: IconUserCircle },
    ...(may('manage:agency') && me.current.agencyEnabled ? [action('New client', to.newClient)] : []),
    ...(may('manage:agency') && me.current.agencyEnabled ? [action('New portal domain', `${to.portalDomains}?dialog=new`)] : []),
    ...(may('manage:instances') && may('view:templates') ? [action('New instance', to.newInstance())] : []),
    ...(may('manage:templates') ? [action('New template', to.newTemplate)] : []),
    ...(may('manage:topologies') && me.current.agencyEnabled ? [action('New topology', to.newTopology())] : []),
    ...(may('manage:servers') ? [action('Add a server', to.newServer)] : []),
    ...(may('manage:members') ? [action('Invite a member', `${to.members()}?dialog=invite`)] : []),
    ...(may('manage:api-keys') ? [action('New API key', `${to.apiKeys}?dialog=new`)] : []),
  ];
}

function others(me: MeView): Option[] {
  return me.organizations.filter((other) => other.slug !== me.current.slug).map((other) => ({
    key: `org-${other.id}`, label: `Switch to ${other.name}`, kind: 'Organization', to: paths.in(other.slug).home, icon: IconBuildingSkyscraper,
  }));
}

export default function Palette({ onClose }: { onClose: () => void }) {
  const me = useMe();
  const go = useGo();
  const [text, setText] = useState('');
  const [index, setIndex] = useState(0);
  const [settled] = useDebouncedValue(text.trim(), 180);
  const found = useFound(me, settled);
  const options = useMemo(() => {
    const parts = text.toLowerCase().split(/\s+/).filter(Boolean);
    const called = (option: Option) => parts.every((part) => option.label.toLowerCase().includes(part));
    return [...fixed(me).filter(called), ...(text.trim() ? found : []), ...others(me).filter(called)].slice(0, 40);
  }, [me, text, found]);
  const chosen = Math.min(index, Math.max(0, options.length - 1));

  function open(option: Option | undefined) {
    if (!option) return;
    onClose();
    go(option.to);
  }

  return (
    <Dialog onClose={onClose} withCloseButton={false} padding={0} size={560} title={undefined} aria-label="Search">
      <input
        className={classes.paletteInput}
        data-autofocus
        role="combobox"
        aria-expanded
        aria-controls="palette"
        aria-activedescendant={options[chosen] ? `palette-${chosen}` : undefined}
        aria-label="Search pages, clients, instances, servers, templates, topologies and actions"
        placeholder="Search pages, clients, instances, servers, actions"
        value={text}
        onChange={(event) => { setText(event.currentTarget.value); setIndex(0); }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setIndex((chosen + 1) % Math.max(1, options.length));
          else if (event.key === 'ArrowUp') setIndex((chosen - 1 + options.length) % Math.max(1, options.length));
          else if (event.key === 'Enter') open(options[chosen]);
          else return;
          event.preventDefault();
        }}
      />
      <div className={classes.palette} role="listbox" id="palette" aria-label="Results" tabIndex={0}>
        {options.map((option, position) => (
          <div
            key={option.key}
            id={`palette-${position}`}
            role="option"
            aria-selected={position === chosen}
            className={classes.option}
            onMouseMove={() => setIndex(position)}
            onClick={() => open(option)}
            ref={position === chosen ? (element) => element?.scrollIntoView({ block: 'nearest' }) : undefined}
          >
            <option.icon size={15} aria-hidden />
            <span className="clip">{option.label}</span>
            <span>{option.kind}</span>
          </div>
        ))}
      </div>
      {options.length === 0 && <p className="dim" role="status" style={{ margin: 0, padding: '0 16px 14px', fontSize: 13 }}>Nothing is called that.</p>}
    </Dialog>
  );
}

function useFound(me: MeView, q: string): Option[] {
  const to = usePaths();
  const may = (permission: string) => q.length > 1 && allows(me.current.permissions, permission);
  const query = { q, limit: 6 };
  const clients = useRead(api.clients(query), { enabled: may('view:agency') && me.current.agencyEnabled });
  const instances = useRead(api.instances(query), { enabled: may('view:instances') });
  const servers = useRead(api.servers(query), { enabled: may('view:servers') });
  const templates = useRead(api.templates(query), { enabled: may('view:templates') });
  const topologies = useRead(api.topologies(query), { enabled: may('view:topologies') && me.current.agencyEnabled && me.current.kind !== 'client' });
  return useMemo(() => [
    ...(clients.data?.data ?? []).map((item): Option => ({ key: item.id, label: item.name, kind: 'Client', to: to.client(item.slug), icon: IconBuildingSkyscraper })),
    ...(instances.data?.data ?? []).map((item): Option => ({ key: item.id, label: `${item.name} · ${item.organization.name}`, kind: 'Instance', to: to.instance(item.id), icon: IconCube })),
    ...(servers.data?.data ?? []).map((item): Option => ({ key: item.id, label: item.name, kind: 'Server', to: to.server(item.id), icon: IconServer })),
    ...(templates.data?.data ?? []).map((item): Option => ({ key: item.id, label: item.name, kind: 'Template', to: to.template(item.id), icon: IconTemplate })),
    ...(topologies.data?.data ?? []).map((item): Option => ({ key: item.id, label: item.name, kind: 'Topology', to: to.topology(item.id), icon: IconSitemap })),
  ], [clients.data, instances.data, servers.data, templates.data, topologies.data, to]);
}
