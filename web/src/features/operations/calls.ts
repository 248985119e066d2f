import type { OperationView } from '../../api/types';
import { product } from '../../theme/product';

/** How to start the same by hand; where that needs more than a name, how to watch this one. */
export function calls({ kind, id, instanceId, serverId, clientId }: OperationView, origin: string): { cli: string; curl: string } {
  const curl = (method: string, path: string) => `curl ${method === 'GET' ? '' : `-X ${method} `}${origin}/api${path} \\\n  -H "Authorization: Bearer $TOKEN"`;
  const [noun, verb] = kind.split('.');
  if (noun === 'instance' && instanceId && ['start', 'stop', 'restart'].includes(verb ?? ''))
    return { cli: `${product.cli} instance ${verb} ${instanceId} --wait`, curl: curl('POST', `/instances/${instanceId}/${verb}`) };
  if (kind === 'server.validate' && serverId) return { cli: `${product.cli} server validate ${serverId} --wait`, curl: curl('POST', `/servers/${serverId}/validate`) };
  if (noun === 'client' && clientId && ['suspend', 'resume'].includes(verb ?? ''))
    return { cli: `${product.cli} agency client ${verb} ${clientId} --wait`, curl: curl('POST', `/agency/clients/${clientId}/${verb}`) };
  return { cli: `${product.cli} operation show ${id}`, curl: curl('GET', `/operations/${id}`) };
}
