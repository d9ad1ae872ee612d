// The lines of this process, and the only web its libraries know: what they fetch is asked of the test, in between.
import { createInterface } from 'node:readline'

import { bytes, text } from './keys.mjs'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

export async function hear() {
  const { value, done } = await lines.next()
  return done ? undefined : JSON.parse(value)
}

export const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)

export async function fetch(url, how) {
  const request = new Request(url, how)
  const content = text(new Uint8Array(await request.arrayBuffer()))
  say({ fetch: { url: request.url, method: request.method, headers: Object.fromEntries(request.headers), content } })
  const { status, headers, body } = await hear()
  return new Response(body ? bytes(body) : null, { status, headers })
}
