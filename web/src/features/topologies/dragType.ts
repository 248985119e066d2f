/** What a dragged entry of the row of nodes carries. */
export const dragType = 'application/x-topology-node';
