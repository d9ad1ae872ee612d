// Foreign libraries behind one process: a line of JSON {work, given} comes in, a line {value} or {refused} goes out, one at a
// time. No network (web.mjs asks the test), no files, no clock but where a library insists on its own.
import * as dcql from './dcql.mjs'
import * as issuer from './issuer.mjs'
import * as mdoc from './mdoc.mjs'
import * as oauth from './oauth.mjs'
import * as openid4vc from './openid4vc.mjs'
import * as openid4vp from './openid4vp.mjs'
import * as sdjwt from './sdjwt.mjs'
import * as status from './status.mjs'
import * as timing from './timing.mjs'
import { hear, say } from './web.mjs'

const rooms = { dcql, issuer, mdoc, oauth, openid4vc, openid4vp, sdjwt, status, timing }

async function answer({ work, given }) {
  const [room, name] = work.split('.')
  const does = rooms[room]?.[name]
  if (!does) return { unknown: work }
  try {
    return { value: (await does(given)) ?? null }
  } catch (error) {
    return { refused: `${error?.name}: ${error?.message ?? error}` }
  }
}

for (let asked = await hear(); asked; asked = await hear()) say(await answer(asked))
