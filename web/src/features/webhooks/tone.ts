import type { WebhookDeliveryView } from '../../api/types';
import type { Tone } from '../../ui/Bits';

export const toneOf = ({ state }: WebhookDeliveryView): Tone => (state === 'delivered' ? 'good' : state === 'failed' ? 'bad' : 'busy');
