import type { ClientViewing } from './types';

let ticket: ClientViewing | undefined;

/** The ticket with which this page shows a client's portal to its agency; asked for anew each time the page is loaded. */
export const viewing = {
  current: () => ticket,
  begin: (given: ClientViewing) => { ticket = given; },
  end: () => { ticket = undefined; },
};
