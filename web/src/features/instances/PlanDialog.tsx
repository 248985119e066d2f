import { Button, Stack } from '@mantine/core';
import type { ProvisionPlan } from '../../api/types';
import { CodeBlock, Facts, Section, Tags } from '../../ui/Bits';
import { Dialog } from '../../ui/Dialog';
import { FormActions } from '../../ui/Form';
import { megabytes, sentence } from '../../ui/format';

/** What provisioning would do, before it does it. */
export function PlanDialog({ plan, onClose }: { plan: ProvisionPlan; onClose: () => void }) {
  return (
    <Dialog onClose={onClose} size={760} title={`What provisioning ${plan.name} would do`}>
      <Stack gap="sm">
        <Facts items={[
          ['Address', <span key="u" className="break">{plan.url}</span>],
          ['Organization', plan.organization.name],
          ['Server', plan.server.name],
          ['Database', <span key="d" className="mono">{plan.database}</span>],
          ['Image', <span key="i" className="mono break">{plan.image}</span>],
          ['Workers', plan.workers || 'threaded mode'],
          ['Memory', megabytes(plan.memoryMb)],
          ['Takes', plan.fast ? 'seconds: a prepared database is on the server' : 'minutes: the modules are installed first'],
        ]} />
        <Section title="Modules"><Tags items={plan.modules} none="none but the base" /></Section>
        <Section title="Steps"><ol style={{ margin: 0, paddingLeft: 20, fontSize: 13 }}>{plan.steps.map((step) => <li key={step}>{sentence(step)}</li>)}</ol></Section>
        <Section title="odoo.conf" note="Secrets are masked."><CodeBlock text={plan.odooConf.trimEnd()} label="Copy odoo.conf" /></Section>
        <FormActions><Button onClick={onClose}>Close</Button></FormActions>
      </Stack>
    </Dialog>
  );
}
