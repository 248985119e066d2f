import { Select, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api } from '../../api/endpoints';
import { useList, useMe, useRefusal, useSend } from '../../api/hooks';
import type { ProvisionInstance, ServerView, TemplateView } from '../../api/types';
import { LinkButton, useGo, usePaths, useUrlState } from '../../nav';
import { Action, EmptyState, Facts, Section, Tags } from '../../ui/Bits';
import { ErrorNote } from '../../ui/Errors';
import { Columns, Form, FormActions } from '../../ui/Form';
import { bytes, megabytes, number, slugFault, slugOf } from '../../ui/format';
import { fromPairs, Pairs, type Pair } from '../../ui/Pairs';
import { Page } from '../shell/Page';
import { edition } from './InstanceParts';
import { PlanDialog } from './PlanDialog';

export default function ProvisionPage() {
  const to = usePaths();
  const templates = useList(api.templates());
  const servers = useList(api.servers());
  const crumbs = [{ label: 'Instances', to: to.instances }];
  const missing = templates.rows?.length === 0
    ? <EmptyState title="A template is needed first" action={<LinkButton to={to.newTemplate}>New template</LinkButton>}>It keeps the Odoo version, the modules and the settings that the instance starts with.</EmptyState>
    : servers.rows && !servers.rows.some((server) => server.status === 'active')
      ? <EmptyState title="An active server is needed first" action={<LinkButton to={to.newServer}>Add server</LinkButton>}>Instances run on your servers, and none of them takes new ones now.</EmptyState>
      : undefined;
  return (
    <Page title="New instance" crumbs={crumbs} lead="An Odoo with its own database, made from a template. It takes a few minutes; you can follow each step.">
      {missing ?? <Provision templates={templates.rows ?? []} servers={servers.rows ?? []} />}
      <ErrorNote error={templates.error ?? servers.error} />
    </Page>
  );
}

const free = (server: ServerView) => (server.facts && server.use ? server.facts.memoryBytes - server.use.memoryReservedBytes : undefined);
/** So much of each core the server promises, see ServerCapacity. */
const freeCpus = ({ facts, use }: ServerView) => (facts && use?.cpusReserved ? `, ${number(Math.max(0, facts.cpus * 1.5 - use.cpusReserved))} CPUs` : '');

function Provision({ templates, servers }: { templates: TemplateView[]; servers: ServerView[] }) {
  const to = usePaths();
  const go = useGo();
  const me = useMe();
  const refusal = useRefusal('manage:instances');
  const [templateId, setTemplate] = useUrlState('template');
  const [client, setClient] = useUrlState('client');
  const [serverId, setServer] = useUrlState('server');
  const clients = useList(api.clients(), { enabled: me.current.agencyEnabled });
  const template = templates.find((item) => item.id === templateId);
  const server = servers.find((item) => item.id === serverId);
  const form = useForm({
    initialValues: { name: '', slug: '', domain: '', registrationCode: '', overrides: [] as Pair[] },
    validate: {
      slug: (value) => (value ? slugFault(value) : null),
      overrides: (value) => {
        const bad = value.find(([key]) => key && !/^[A-Z][A-Z0-9_]{0,63}$/.test(key.trim()));
        return bad ? `“${bad[0]}” is not a name of capital letters, digits and underscores.` : null;
      },
    },
  });
  const { values } = form;
  const provision = useSend((body: ProvisionInstance) => api.provision(templateId, body), {
    onDone: (operation) => go(to.operation(operation.id)),
    onError: (error) => form.setErrors(error.fields),
  });
  const lacking = !template ? 'Choose a template.' : !server ? 'Choose a server.' : undefined;

  const preview = useSend((body: ProvisionInstance) => api.previewProvision(templateId, body), { onError: (error) => form.setErrors(error.fields) });

  function body(): ProvisionInstance {
    const overrides = fromPairs(values.overrides);
    return {
      templateId,
      serverId,
      organization: client || undefined,
      name: values.name.trim() || undefined,
      slug: values.slug || undefined,
      domain: values.domain.trim() || undefined,
      registrationCode: values.registrationCode || undefined,
      overrides: Object.keys(overrides).length ? overrides : undefined,
    };
  }

  function submit() {
    if (!lacking && !form.validate().hasErrors) provision.send(body());
  }

  return (
    <Form wide onSubmit={submit}>
      <Columns>
        <Select size="sm" label="Template" withAsterisk searchable placeholder="Choose a template" data={templates.map((item) => ({ value: item.id, label: `${item.name} (${item.odooVersion})` }))} value={templateId || null} onChange={setTemplate} />
        <Select size="sm" label="Server" withAsterisk searchable placeholder="Choose a server" value={serverId || null} onChange={setServer}
          data={servers.map((item) => ({ value: item.id, disabled: item.status !== 'active', label: item.status === 'active' ? `${item.name}${free(item) === undefined ? '' : ` (${bytes(Math.max(0, free(item) ?? 0))}${freeCpus(item)} free)`}` : `${item.name} (${item.status.replaceAll('_', ' ')})` }))} />
      </Columns>
      {template && (
        <Section title="What it starts with">
          <Facts min={150} items={[
            ['Odoo', edition(template)],
            ['Workers', template.defaultWorkers || 'threaded mode'],
            ['Memory', template.memoryMb ? megabytes(template.memoryMb) : 'by workers'],
            ['Demo data', template.demoData ? 'loaded' : 'none'],
          ]} />
          <div style={{ marginTop: 8 }}><Tags items={template.moduleList} most={12} none="No modules but the base" /></div>
        </Section>
      )}
      {me.current.agencyEnabled && (
        <Select size="sm" label="Client" description={`${me.current.name} itself where it is empty.`} searchable clearable placeholder={me.current.name} data={clients.rows?.map((item) => ({ value: item.slug, label: item.name })) ?? []} value={client || null} onChange={setClient} error={form.errors.organization} />
      )}
      <Columns>
        <TextInput size="sm" label="Name" description="Made from the template's where it is empty." placeholder={template?.name} {...form.getInputProps('name')}
          onChange={(event) => form.setValues({ name: event.currentTarget.value, slug: values.slug === slugOf(values.name) ? slugOf(event.currentTarget.value) : values.slug })} />
        <TextInput size="sm" label="Slug" description="Part of its address on the server." placeholder="acme-erp" spellCheck={false} {...form.getInputProps('slug')} />
      </Columns>
      <TextInput size="sm" label="Domain" description={server?.baseDomain ? `${values.slug || 'its-slug'}.${server.baseDomain} where it is empty.` : 'A host name that points at the server; one of its own where it is empty.'} placeholder="erp.acme.com" spellCheck={false} {...form.getInputProps('domain')} />
      {template?.odooEdition === 'ee' && <TextInput size="sm" label="Registration code" description="Of the client's Enterprise subscription; it can be given later." {...form.getInputProps('registrationCode')} />}
      <Stack gap={6}>
        <Pairs label="Overrides" description="The template's settings changed for this instance, by their upper-case names." placeholder={['WORKERS', '6']} pairs={values.overrides} onChange={(next) => form.setFieldValue('overrides', next)} error={form.errors.overrides as string | undefined} />
      </Stack>
      <ErrorNote error={provision.error ?? preview.error} />
      <FormActions>
        <LinkButton to={to.instances} variant="default">Cancel</LinkButton>
        <Action variant="default" loading={preview.busy} refusal={refusal ?? lacking} onClick={() => { if (!form.validate().hasErrors) preview.send(body()); }}>Preview</Action>
        <Action type="submit" loading={provision.busy} refusal={refusal ?? lacking}>Provision instance</Action>
      </FormActions>
      {preview.answer && <PlanDialog plan={preview.answer} onClose={preview.reset} />}
    </Form>
  );
}
