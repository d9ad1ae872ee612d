// The same work over and over, timed in the process that does it: CPU microseconds per call.
import { DeviceResponse, Verifier } from '@owf/mdoc'

import { bytes } from './keys.mjs'
import { cbor, context, prepared, sessionOf, trusting } from './mdoc.mjs'
import { issuing, verifying } from './sdjwt.mjs'

const makers = {
  'sd-jwt-issue'({ key, payload, hidden, header }) {
    const issuer = issuing({ key, core: true })
    return () => issuer.issue(payload, { _sd: hidden }, { header })
  },
  'sd-jwt-verify'({ key, presentation, nonce, now }) {
    const verifier = verifying({ key, core: true })
    return () => verifier.verify(presentation, { currentDate: now, keyBindingNonce: nonce })
  },
  'mdoc-issue'({ claims, ...how }) {
    const issue = prepared(how)
    const namespaces = [...cbor(claims)]
    return () => issue(namespaces)
  },
  async 'mdoc-verify'({ response, session, ...trust }) {
    const how = { sessionTranscript: await sessionOf(session), ...trusting(trust) }
    const received = bytes(response)
    return () => Verifier.verifyDeviceResponse({ deviceResponse: DeviceResponse.decode(received), ...how }, context)
  },
}

const works = new Map()

export async function prepare({ name, ...given }) {
  works.set(name, await makers[name](given))
}

export async function run({ name, calls }) {
  const work = works.get(name)
  const began = process.cpuUsage()
  for (let call = 0; call < calls; call += 1) await work()
  const { user, system } = process.cpuUsage(began)
  return (user + system) / calls
}
