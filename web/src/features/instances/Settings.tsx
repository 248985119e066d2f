import { useEffect, useState } from 'react';
import { Button, Checkbox, NumberInput, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api } from '../../api/endpoints';
import { useRead, useRefusal, useSend } from '../../api/hooks';
import type { InstanceView, SettingsDiff, UpdateInstance } from '../../api/types';
import { CodeBlock, Section, Tag } from '../../ui/Bits';
import { Changes } from '../../ui/Changes';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { Form, FormActions, UnsavedBar } from '../../ui/Form';
import { fromPairs, Pairs, toPairs } from '../../ui/Pairs';
import { done, failed } from '../../ui/toast';

const valuesOf = (instance: InstanceView) => ({
  name: instance.name,
  workers: instance.workers,
  memoryMb: instance.memoryMb,
  cpus: (instance.cpus ?? '') as number | '',
  env: toPairs(instance.envVars),
  config: toPairs(instance.config),
  registrationCode: '',
  removeCode: false,
});

export function Settings({ instance, onRestart }: { instance: InstanceView; onRestart: () => void }) {
  const refusal = useRefusal('manage:instances');
  // What its nodes have is the drawing's to say.
  const drawn = Boolean(instance.topologyId);
  const [diff, setDiff] = useState<SettingsDiff>();
  // What the form was filled with: what others change meanwhile is not undone by saving it.
  const [filled, setFilled] = useState(instance);
  const form = useForm({ initialValues: valuesOf(filled) });
  const { values } = form;
  const same = (a: Record<string, string>, b: Record<string, string>) => JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());

  /** Only what was changed here. */
  function body(): UpdateInstance {
    const env = fromPairs(values.env);
    const config = fromPairs(values.config);
    return {
      name: values.name.trim() !== filled.name ? values.name.trim() : undefined,
      workers: values.workers !== filled.workers ? values.workers : undefined,
      memoryMb: values.memoryMb !== filled.memoryMb ? values.memoryMb : undefined,
      // Emptied is a wish too: null takes it away.
      cpus: (values.cpus === '' ? null : values.cpus) !== (filled.cpus ?? null) ? (values.cpus === '' ? null : values.cpus) : undefined,
      envVars: same(env, filled.envVars) ? undefined : env,
      config: same(config, filled.config) ? undefined : config,
      registrationCode: values.registrationCode || (values.removeCode ? null : undefined),
    };
  }

  function fill(from: InstanceView) {
    setFilled(from);
    form.setValues(valuesOf(from));
  }

  const changed = Object.values(body()).some((value) => value !== undefined);
  useEffect(() => {
    if (!changed && JSON.stringify(valuesOf(instance)) !== JSON.stringify(valuesOf(filled))) fill(instance);
    // Only when it was read anew: what was just saved is newer than what the page read before.
  }, [instance]);

  const preview = useSend(() => api.previewInstance(instance.id, body()), { onDone: setDiff, onError: (error) => { form.setErrors({ ...error.fields, env: error.fields.envVars }); failed(error); } });
  const save = useSend(() => api.updateInstance(instance.id, body()), {
    onDone: (saved) => {
      setDiff(undefined);
      fill(saved);
      done(saved.restartNeeded ? 'Saved. A restart makes it take effect.' : 'Saved.');
    },
  });
  return (
    <>
      <Form wide onSubmit={() => { if (changed) preview.send(undefined); }}>
        <TextInput size="sm" label="Name" disabled={Boolean(refusal)} {...form.getInputProps('name')} />
        <div style={{ display: 'grid', gridTemplateColumns: 'repeat(3, minmax(0, 1fr))', gap: 14 }}>
          <NumberInput size="sm" label="Workers" description={drawn ? 'As its topology is drawn.' : "0 is Odoo's threaded mode."} min={0} max={64} disabled={Boolean(refusal) || drawn} {...form.getInputProps('workers')} onChange={(value) => form.setFieldValue('workers', Number(value) || 0)} />
          <NumberInput size="sm" label="Memory" description={drawn ? 'As its topology is drawn.' : 'The most its container gets.'} suffix=" MB" min={256} step={256} disabled={Boolean(refusal) || drawn} {...form.getInputProps('memoryMb')} onChange={(value) => form.setFieldValue('memoryMb', Number(value) || instance.memoryMb)} />
          <NumberInput size="sm" label="Processor cores" description={drawn ? 'As its topology is drawn.' : 'The most its container gets.'} min={0.1} step={0.5} decimalScale={1} placeholder="no limit" disabled={Boolean(refusal) || drawn} {...form.getInputProps('cpus')} />
        </div>
        <Pairs label="Environment" description="Settings of odoo.conf by their upper-case names." placeholder={['PROXY_MODE', 'True']} pairs={values.env} onChange={(next) => form.setFieldValue('env', next)} error={form.errors.env as string | undefined} disabled={Boolean(refusal)} />
        <Pairs label="odoo.conf" description="Further keys by their own names." placeholder={['log_level', 'info']} pairs={values.config} onChange={(next) => form.setFieldValue('config', next)} error={form.errors.config as string | undefined} disabled={Boolean(refusal)} />
        {instance.odooEdition === 'ee' && <TextInput size="sm" label="Registration code" description={instance.hasRegistrationCode ? 'One is kept. Write another to replace it.' : 'Of the Enterprise subscription.'} {...form.getInputProps('registrationCode')} />}
        {instance.odooEdition === 'ee' && instance.hasRegistrationCode && <Checkbox size="xs" label="Remove the registration code" disabled={Boolean(refusal) || values.registrationCode !== ''} {...form.getInputProps('removeCode', { type: 'checkbox' })} />}
        <UnsavedBar shown={changed} busy={preview.busy} verb="Review and save" onSave={() => preview.send(undefined)} onReset={() => fill(instance)} />
      </Form>
      <div style={{ height: 24 }} />
      <Effective instance={instance} onRestart={onRestart} />
      {diff && (
        <Dialog onClose={() => setDiff(undefined)} size={680} title="Review the changes">
          <Stack gap="sm">
            {diff.changes.length ? <Changes changes={diff.changes} /> : <Text size="sm">Nothing would change.</Text>}
            {diff.restartNeeded && <Text size="sm"><Tag tone="warn">Restart needed</Tag> The changes take effect when the instance is restarted.</Text>}
            <ErrorNote error={save.error} />
            <FormActions><Button variant="default" onClick={() => setDiff(undefined)}>Go back</Button><Button loading={save.busy} onClick={() => save.send(undefined)}>Save</Button></FormActions>
          </Stack>
        </Dialog>
      )}
    </>
  );
}

function Effective({ instance, onRestart }: { instance: InstanceView; onRestart: () => void }) {
  const { data, error } = useRead(api.instanceConfig(instance.id));
  if (error && !data) return <ErrorNote error={error} />;
  if (!data) return <Skeleton height={160} />;
  return (
    <>
      {data.pending.changes.length > 0 && (
        <Section title="Waiting for a restart" note="What differs from what the container runs with." actions={<Button variant="default" onClick={onRestart}>Restart now</Button>}>
          <Changes changes={data.pending.changes} />
        </Section>
      )}
      <Section title="odoo.conf as it is written" note="Secrets are masked."><CodeBlock text={data.odooConf.trimEnd()} label="Copy odoo.conf" /></Section>
    </>
  );
}
