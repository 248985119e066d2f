import { useState } from 'react';
import { Input, NumberInput, SegmentedControl, Select, Stack, Switch, TagsInput, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api } from '../../api/endpoints';
import { useEdit, useList, useRead, useRefusal } from '../../api/hooks';
import type { CatalogVersion, CreateTemplate, TemplateView } from '../../api/types';
import { LinkButton, useGo, usePathPart, usePaths } from '../../nav';
import { Action, FactsSkeleton } from '../../ui/Bits';
import { ErrorNote, ErrorState, Overwrite } from '../../ui/Errors';
import { Columns, Form, FormActions } from '../../ui/Form';
import { fromPairs, Pairs, type Pair, toPairs } from '../../ui/Pairs';
import { done } from '../../ui/toast';
import { Page } from '../shell/Page';
import { ModulePicker } from './ModulePicker';
import { Repositories } from './Repositories';
import classes from './templates.module.css';

export default function TemplateFormPage() {
  const id = usePathPart('template');
  const to = usePaths();
  const { data, error, reload } = useRead(api.template(id), { enabled: Boolean(id) });
  const catalog = useList(api.catalog());
  const crumbs = [{ label: 'Templates', to: to.templates }, ...(id ? [{ label: data?.name ?? 'Template', to: to.template(id) }] : [])];
  const title = id ? 'Edit template' : 'New template';
  const problem = id && !data ? error : undefined;
  if (problem) return <Page title={title} crumbs={crumbs}><ErrorState error={problem} onRetry={() => void reload()} /></Page>;
  if (catalog.error && !catalog.rows) return <Page title={title} crumbs={crumbs}><ErrorState error={catalog.error} onRetry={catalog.reload} /></Page>;
  if ((id && !data) || !catalog.rows) return <Page title={title} crumbs={crumbs}><FactsSkeleton count={6} /></Page>;
  return <Page title={title} crumbs={crumbs}><TemplateForm key={id} template={data} catalog={catalog.rows} /></Page>;
}

function initial(template: TemplateView | undefined, catalog: CatalogVersion[]) {
  return {
    name: template?.name ?? '',
    description: template?.description ?? '',
    odooVersion: template?.odooVersion ?? (catalog.find((item) => item.availability === 'present') ?? catalog[0])?.version ?? '',
    odooEdition: template?.odooEdition ?? 'ce',
    defaultWorkers: template?.defaultWorkers ?? 0,
    memoryMb: (template?.memoryMb ?? '') as number | '',
    cpus: (template?.cpus ?? '') as number | '',
    moduleList: template?.moduleList ?? [],
    languages: template?.languages ?? [],
    demoData: template?.demoData ?? false,
    isPublic: template?.isPublic ?? false,
    image: template?.image ?? '',
    addonRepositories: template?.addonRepositories ?? [],
    env: toPairs(template?.defaultEnvVars) as Pair[],
    config: toPairs(template?.config) as Pair[],
  };
}

function TemplateForm({ template, catalog }: { template: TemplateView | undefined; catalog: CatalogVersion[] }) {
  const to = usePaths();
  const go = useGo();
  const refusal = useRefusal('manage:templates');
  const form = useForm({
    initialValues: initial(template, catalog),
    validate: {
      name: (value) => (value.trim() ? null : 'Give the template a name.'),
      odooVersion: (value) => (value ? null : 'Choose a version.'),
      env: (value) => {
        const bad = value.find(([key]) => key && !/^[A-Z][A-Z0-9_]{0,63}$/.test(key.trim()));
        return bad ? `“${bad[0]}” is not a name of capital letters, digits and underscores.` : null;
      },
      addonRepositories: (value) => (value.some((item) => !item.url.trim()) ? 'Give each repository an address.' : null),
    },
  });
  const { values } = form;
  const [more] = useState(() => Boolean(template && (template.image || Object.keys(template.config).length > 0 || template.addonRepositories.length > 0)));
  const save = useEdit(template && api.template(template.id), (body: CreateTemplate) => (template ? api.updateTemplate(template.id, body) : api.createTemplate(body)), {
    onDone: (saved) => { done(`${saved.name} is saved.`); go(to.template(saved.id)); },
    onError: (error) => form.setErrors({ ...error.fields, env: error.fields.defaultEnvVars }),
  });

  function submit(send = save.send) {
    if (form.validate().hasErrors) return;
    const { env, config, memoryMb, cpus, image, description, name, ...rest } = values;
    send({
      ...rest,
      name: name.trim(),
      description: description.trim(),
      image: image.trim() || undefined,
      memoryMb: memoryMb === '' ? undefined : memoryMb,
      cpus: cpus === '' ? undefined : cpus,
      defaultEnvVars: fromPairs(env),
      config: fromPairs(config),
      addonRepositories: values.addonRepositories.map(({ url, branch, deployKey, token }) => ({ url: url.trim(), branch, deployKey, token })),
    });
  }

  const version = catalog.find((item) => item.version === values.odooVersion);
  return (
    <Form wide onSubmit={() => submit()}>
      <Columns>
        <TextInput size="sm" label="Name" placeholder="Standard Odoo 18 CE" withAsterisk {...form.getInputProps('name')} />
        <TextInput size="sm" label="Description" placeholder="For small businesses" {...form.getInputProps('description')} />
      </Columns>
      <Columns>
        <Select size="sm" label="Odoo version" withAsterisk allowDeselect={false} data={catalog.map((item) => ({ value: item.version, label: `Odoo ${item.version}${item.availability === 'missing' ? ' (image missing)' : ''}` }))}
          description={version ? `${version.image}${version.endOfLife ? ` · maintained until ${version.endOfLife}` : ''}` : undefined} {...form.getInputProps('odooVersion')} />
        <Input.Wrapper size="sm" label="Edition" labelElement="div" description="Enterprise uses your own access to its sources.">
          <SegmentedControl size="xs" fullWidth mt={4} aria-label="Edition" data={[{ value: 'ce', label: 'Community' }, { value: 'ee', label: 'Enterprise' }]} {...form.getInputProps('odooEdition')} />
        </Input.Wrapper>
      </Columns>
      <ModulePicker version={values.odooVersion} value={values.moduleList} onChange={(next) => form.setFieldValue('moduleList', next)} error={form.errors.moduleList as string | undefined} />
      <div style={{ display: 'grid', gridTemplateColumns: 'repeat(3, minmax(0, 1fr))', gap: 14 }}>
        <NumberInput size="sm" label="Workers" description="0 is Odoo's threaded mode." min={0} max={64} {...form.getInputProps('defaultWorkers')} onChange={(value) => form.setFieldValue('defaultWorkers', Number(value) || 0)} />
        <NumberInput size="sm" label="Memory" description="By workers where it is empty." suffix=" MB" min={256} step={256} placeholder="by workers" {...form.getInputProps('memoryMb')} />
        <NumberInput size="sm" label="Processor cores" description="No limit where it is empty." min={0.1} step={0.5} decimalScale={1} placeholder="no limit" {...form.getInputProps('cpus')} />
      </div>
      <Pairs label="Environment" description="Settings of odoo.conf by their upper-case names, for example PROXY_MODE." placeholder={['PROXY_MODE', 'True']} pairs={values.env} onChange={(next) => form.setFieldValue('env', next)} error={form.errors.env as string | undefined} />
      <TagsInput size="sm" label="Languages" description="Codes such as fr_FR; press Enter after each." placeholder={values.languages.length ? '' : 'fr_FR'} {...form.getInputProps('languages')} />
      <Columns>
        <Switch size="sm" label="Load demo data" description="Odoo's sample customers, products and orders." checked={values.demoData} onChange={(event) => form.setFieldValue('demoData', event.currentTarget.checked)} />
        <Switch size="sm" label="Show to clients" description="Clients of the agency may see this template." checked={values.isPublic} onChange={(event) => form.setFieldValue('isPublic', event.currentTarget.checked)} />
      </Columns>
      <details className={classes.more} open={more}>
        <summary>Add-ons, image and odoo.conf</summary>
        <Stack gap={14}>
          <Repositories value={values.addonRepositories} onChange={(next) => form.setFieldValue('addonRepositories', next)} error={form.errors.addonRepositories as string | undefined} />
          <TextInput size="sm" label="Image" description="Instead of the catalog's image for the version." placeholder={version?.image} spellCheck={false} {...form.getInputProps('image')} />
          <Pairs label="odoo.conf" description="Further keys by their own names." placeholder={['log_level', 'info']} pairs={values.config} onChange={(next) => form.setFieldValue('config', next)} error={form.errors.config as string | undefined} />
        </Stack>
      </details>
      <ErrorNote error={save.error}><Overwrite busy={save.busy} onClick={save.overwrite && (() => submit(save.overwrite))} /></ErrorNote>
      <FormActions>
        <LinkButton to={template ? to.template(template.id) : to.templates} variant="default">Cancel</LinkButton>
        <Action type="submit" loading={save.busy} refusal={refusal}>{template ? 'Save template' : 'Create template'}</Action>
      </FormActions>
    </Form>
  );
}
