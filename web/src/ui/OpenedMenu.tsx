import { Fragment, useEffect, useId, useState } from 'react';
import { Menu } from '@mantine/core';
import type { LaterMenuProps } from './LaterMenu';

/** Opens as it comes: somebody has asked for it. */
export default function OpenedMenu({ target, entries, ...rest }: LaterMenuProps) {
  const id = useId();
  const [opened, setOpened] = useState(false);
  useEffect(() => {
    // The button is another element than the one that was pressed; the focus goes back to it when the menu closes.
    document.getElementById(`${id}-target`)?.focus({ preventScroll: true });
    setOpened(true);
  }, [id]);
  return (
    <Menu id={id} opened={opened} onChange={setOpened} {...rest}>
      <Menu.Target>{target}</Menu.Target>
      <Menu.Dropdown mah="min(440px, 70vh)" style={{ overflowY: 'auto' }}>
        {entries.map((entry, index) => {
          if (!entry) return <Fragment key={index} />;
          if (entry === 'line') return <Menu.Divider key={index} />;
          if ('heading' in entry) return <Menu.Label key={entry.heading}>{entry.heading}</Menu.Label>;
          return (
            <Menu.Item
              key={entry.id ?? String(entry.label)} lang={entry.lang} leftSection={entry.icon} rightSection={entry.mark} disabled={entry.disabled} onClick={entry.onClick}
              color={entry.danger ? 'var(--oc-bad)' : undefined} fw={entry.chosen ? 600 : undefined}
            >
              {entry.label}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
