import { List, Stack, Text } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useMe, useRefusal, useSend } from '../../api/hooks';
import { Link, usePaths } from '../../nav';
import { Action } from '../../ui/Bits';
import { ErrorNote } from '../../ui/Errors';
import { done } from '../../ui/toast';
import { Page } from '../shell/Page';
import classes from './agency.module.css';

const gains = [
  ['Client organizations', 'a separate organization for each customer, with its own members and instances'],
  ['White-label branding', 'your logo, colors, fonts and CSS in the portals of your clients'],
  ['Portal domains', 'subdomains and domains of their own, under which clients reach their portal'],
  ['Portal configuration', 'which features clients see and use'],
  ['Infrastructure topologies', 'architectures of several servers for your clients, drawn, checked and deployed'],
  ['Instance templates', 'standard settings that you can offer your clients, from which an Odoo is provisioned quickly'],
];

export function EnableAgency() {
  const me = useMe();
  const to = usePaths();
  const refusal = useRefusal('manage:agency');
  const enable = useSend(() => api.enableAgency(), { onDone: () => done('Agency mode is enabled.') });
  const missing = !me.current.agencyAvailable;
  return (
    <Page title="Agency" lead={`Run the Odoo of many clients from ${me.current.name}.`}>
      <div className={classes.enable}>
        <Stack gap="md">
          <Text size="sm">Agency mode is enabled for one organization at a time. It adds:</Text>
          <List size="sm" spacing={6} icon={<IconCheck size={15} color="var(--oc-good)" aria-hidden />}>
            {gains.map(([name, what]) => <List.Item key={name}><b>{name}</b>: {what}</List.Item>)}
          </List>
          {missing && (
            <div className={classes.missing} role="note">
              <b>The subscription of {me.current.name} does not include agency features.</b>
              <span>
                {me.isOperator
                  ? <>You run this installation: give the organization a plan with the feature <code>agency</code> under Plans.</>
                  : <>Ask the person who runs this installation for a plan with the feature <code>agency</code>, or switch to an organization that has it.</>}{' '}
                <Link inText to={to.settings('subscription')}>See the subscription</Link>
              </span>
            </div>
          )}
          <ErrorNote error={enable.error} />
          <div>
            <Action size="sm" loading={enable.busy} onClick={() => enable.send(undefined)} refusal={refusal ?? (missing ? 'The subscription does not include agency features.' : undefined)}>
              Enable Agency Mode
            </Action>
          </div>
        </Stack>
      </div>
    </Page>
  );
}
