import { useState } from 'react';
import { Button, Stack, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { api } from '../../api/endpoints';
import { useList, useSend } from '../../api/hooks';
import type { CreateTopology, TopologyBlueprint } from '../../api/types';
import { useGo, usePaths } from '../../nav';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { plural } from '../../ui/format';
import { done } from '../../ui/toast';
import { ServerPicker } from './ServerPicker';
import { useServers } from './servers';
import classes from './topologies.module.css';

export function NewTopologyDialog({ blueprint, onBlueprint, onClose }: { blueprint: string; onBlueprint: (key: string | null) => void; onClose: () => void }) {
  const go = useGo();
  const to = usePaths();
  const blueprints = useList(api.topologyBlueprints());
  const chosen = blueprints.rows?.find((item) => item.key === blueprint);
  const [places, setPlaces] = useState<Record<string, string>>({});
  const form = useForm({ initialValues: { name: '', description: '' }, validate: { name: (value) => (value.trim() ? null : 'Give the topology a name.') } });
  const create = useSend((body: CreateTopology) => api.createTopology(body), {
    onDone: (topology) => { done(`${topology.name} is created.`); go(to.topology(topology.id)); },
    onError: (error) => form.setErrors(error.fields),
  });
  return (
    <Dialog onClose={onClose} title="New topology" size="lg">
      <form noValidate onSubmit={form.onSubmit(({ name, description }) => create.send({ name: name.trim(), description: description.trim() || undefined, ...(chosen ? placed(chosen, places) : {}) }))}>
        <Stack gap="sm">
          <TextInput size="sm" label="Name" placeholder="HA Production Setup" data-autofocus withAsterisk maxLength={100} {...form.getInputProps('name')} />
          <Textarea size="sm" label="Description" placeholder="High-availability production topology with load balancing" autosize minRows={1} maxRows={4} maxLength={1000} {...form.getInputProps('description')} />
          <fieldset className={classes.choices}>
            <legend>Start from</legend>
            <Choice label="An empty drawing" note="" aside="" value="" current={blueprint} onChoose={() => onBlueprint(null)} />
            {blueprints.rows?.map((item) => (
              <Choice key={item.key} label={item.name} note={item.description} aside={`${plural(item.topologyData.nodes.length, 'node')} on ${plural(item.places.length, 'machine')}`} value={item.key} current={blueprint} onChoose={() => onBlueprint(item.key)} />
            ))}
          </fieldset>
          {chosen && <Places blueprint={chosen} value={places} onChange={setPlaces} />}
          <ErrorNote error={create.error ?? blueprints.error} />
          <FormActions>
            <Button variant="default" onClick={onClose}>Cancel</Button>
            <Button type="submit" loading={create.busy}>Create topology</Button>
          </FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}

function Choice({ label, note, aside, value, current, onChoose }: { label: string; note: string; aside: string; value: string; current: string; onChoose: () => void }) {
  return (
    <label className={classes.choice}>
      <input type="radio" name="blueprint" value={value} checked={current === value} onChange={onChoose} />
      <span><span><b>{label}</b><span className="dim">{aside}</span></span>{current === value && note}</span>
    </label>
  );
}

/** Which server is which of the blueprint's machines; it can be left for later. */
function Places({ blueprint, value, onChange }: { blueprint: TopologyBlueprint; value: Record<string, string>; onChange: (value: Record<string, string>) => void }) {
  const servers = useServers([]);
  if (servers.length === 0) return null;
  const alone = blueprint.places.length === 1;
  return (
    <details className={classes.rare}>
      <summary>{alone ? 'Its server' : `Servers for its ${plural(blueprint.places.length, 'machine')}`}; it can be done later</summary>
      <div className={classes.places}>
        {blueprint.places.map((place) => (
          <ServerPicker key={place} label={alone ? 'Server' : `Server for ${place}`} servers={servers} value={value[place]} onChange={(server) => {
            const { [place]: _, ...rest } = value;
            onChange(server ? { ...rest, [place]: server } : rest);
          }} />
        ))}
      </div>
    </details>
  );
}

function placed({ key, topologyData: data, haConfig }: TopologyBlueprint, places: Record<string, string>): Pick<CreateTopology, 'blueprint' | 'topologyData' | 'haConfig'> {
  if (Object.keys(places).length === 0) return { blueprint: key };
  const nodes = data.nodes.map((node) => {
    const members = node.data as { place?: string };
    const serverId = members.place && places[members.place];
    return serverId ? { ...node, data: { ...members, serverId } } : node;
  });
  return { topologyData: { ...data, nodes }, haConfig };
}
