import { expect, test } from 'vitest';
import { ApiError, asApiError, problemOf } from './errors';

const answer = (status: number, body: string) => new Response(body, { status });

test('a refusal keeps its code, its hint and its fields', async () => {
  const error = await problemOf(answer(400, JSON.stringify({
    detail: 'Some fields are wrong.', code: 'invalid', hint: 'Correct them.', operationId: '0199',
    errors: { '$.defaultEnvVars.FOO': ['Bad key.'], Name: ['Too long.', 'Not empty.'] },
  })));
  expect(error).toBeInstanceOf(ApiError);
  expect([error.status, error.code, error.hint, error.message, error.operationId]).toEqual([400, 'invalid', 'Correct them.', 'Some fields are wrong.', '0199']);
  expect(error.fields).toEqual({ defaultEnvVars: 'Bad key.', name: 'Too long. Not empty.' });
});

test.each([[401, 'unauthorized'], [403, 'forbidden'], [404, 'not_found'], [429, 'too_many_requests'], [502, 'server_error'], [418, 'http_418']])(
  'a page of a proxy in between, %i, is %s', async (status, code) => {
    expect((await problemOf(answer(status, '<html>no</html>'))).code).toBe(code);
  });

test('whatever was thrown is an ApiError', () => {
  expect(asApiError(new Error('x')).code).toBe('client_error');
});
