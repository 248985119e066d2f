import { expect, test } from 'vitest';
import { EventParser, subscribe } from './sse';

test('events that arrive in pieces', () => {
  const parser = new EventParser();
  expect(parser.push('id: 7\nevent: st')).toEqual([]);
  expect(parser.push('ep\ndata: {"a":1}\ndata: 2\n\n: ping\n\ndata: x\r\n\r')).toEqual([{ id: '7', event: 'step', data: '{"a":1}\n2' }]);
  expect(parser.push('\n')).toEqual([{ id: '7', event: 'message', data: 'x' }]);
});

test('resumes after the last event and stops at the end', async () => {
  const seen: string[] = [];
  const asked: (string | null)[] = [];
  const answers = ['id: 1\ndata: one\n\nid: 2\ndata: two\n\n', 'id: 3\ndata: three\n\nevent: end\ndata: \n\n'];
  await new Promise<void>((resolve) => {
    subscribe({ path: '/operations/x/events' }, {
      org: 'acme',
      retry: 1,
      fetch: (_, init) => {
        const head = new Headers(init?.headers);
        asked.push(head.get('Last-Event-ID'));
        expect(head.get('X-Org-Slug')).toBe('acme');
        return Promise.resolve(new Response(answers[asked.length - 1]));
      },
      onEvent: (event) => seen.push(event.data),
      onState: (state) => state === 'ended' && resolve(),
    });
  });
  expect(seen).toEqual(['one', 'two', 'three']);
  expect(asked).toEqual([null, '2']);
});

test('a refusal ends it', async () => {
  const code = await new Promise((resolve) => {
    subscribe({ path: '/operations/x/events' }, {
      fetch: () => Promise.resolve(new Response(JSON.stringify({ code: 'not_found' }), { status: 404 })),
      onEvent: () => undefined,
      onError: (error) => resolve(error.code),
    });
  });
  expect(code).toBe('not_found');
});
