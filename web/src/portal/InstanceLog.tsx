import type { InstanceView } from '../api/types';
import { Logs } from '../features/instances/Logs';

/** What Odoo writes, as it writes it. */
export function InstanceLog({ instance }: { instance: InstanceView }) {
  return <Logs instance={instance} />;
}
