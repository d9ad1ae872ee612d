// @openid4vc/openid4vp: a foreign verifier that asks and reads what it is answered, and a foreign wallet that answers.
import { createServer } from 'node:http'

import { getGlobalConfig, setGlobalConfig } from '@openid4vc/oauth2'
import { calculateX509HashClientIdPrefixValue, Openid4vpClient, Openid4vpVerifier } from '@openid4vc/openid4vp'

import { at } from './clock.mjs'
import { decrypting, encryptJwe } from './jwe.mjs'
import { bytes, hash, keyOf, signed, text } from './keys.mjs'
import { present as presentMdoc } from './mdoc.mjs'
import { callbacks, thumbprint } from './oauth.mjs'
import { present as presentSdJwt } from './sdjwt.mjs'
import { fetch } from './web.mjs'

const { clientAuthentication, generateRandom, ...plain } = callbacks

// Signs as whoever has the certificate.
const certified = (key) => (signer, { header, payload }) => {
  const input = [header, payload].map((part) => text(JSON.stringify(part))).join('.')
  const signerJwk = keyOf(Buffer.from(signer.x5c[0], 'base64'))
  return { jwt: `${input}.${text(signed(key, Buffer.from(input)))}`, signerJwk }
}

// A signed request by reference: the link, what stands behind its address, and what the verifier has to remember.
export const ask = ({ key, certificate, responseKey, query, requestUri, responseUri, nonce, state, now, more }) =>
  at(now, async () => {
    const x509Certificate = bytes(certificate)
    const prefixed = await calculateX509HashClientIdPrefixValue({ x509Certificate, hash: callbacks.hash })
    const { d, ...publicKey } = responseKey
    const asked = await new Openid4vpVerifier({ callbacks: { ...plain, signJwt: certified(key), encryptJwe } }).createOpenId4vpAuthorizationRequest({
      authorizationRequestPayload: {
        response_type: 'vp_token',
        response_mode: 'direct_post.jwt',
        client_id: `x509_hash:${prefixed}`,
        response_uri: responseUri,
        nonce,
        state,
        dcql_query: query,
        client_metadata: {
          jwks: { keys: [{ ...publicKey, kid: 'theirs', alg: 'ECDH-ES', use: 'enc' }] },
          encrypted_response_enc_values_supported: ['A128GCM', 'A256GCM'],
          vp_formats_supported: {
            'dc+sd-jwt': { 'sd-jwt_alg_values': ['ES256'], 'kb-jwt_alg_values': ['ES256'] },
            mso_mdoc: { issuerauth_alg_values: [-7], deviceauth_alg_values: [-7] },
          },
        },
        ...more,
      },
      jar: {
        requestUri,
        jwtSigner: { method: 'x5c', alg: 'ES256', x5c: [Buffer.from(x509Certificate).toString('base64')] },
        expiresInSeconds: 300,
        additionalJwtPayload: { aud: 'https://self-issued.me/v2' },
      },
      now: new Date(now * 1000),
    })
    const object = asked.jar.authorizationRequestJwt
    return { link: asked.authorizationRequest, object, payload: asked.authorizationRequestPayload }
  })

// The same verifier at an address of its own, on loopback: `open` before it asks, `publish` what it asks, `close` to learn what was posted.
const site = { posted: [] }

async function serve(request, response) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const asked = request.url === '/request' && request.method === 'GET'
  if (!asked) site.posted.push({ url: request.url, type: request.headers['content-type'], body: Buffer.concat(chunks).toString() })
  response.setHeader('Content-Type', asked ? 'application/oauth-authz-req+jwt' : 'application/json')
  response.end(asked ? site.object : JSON.stringify({ redirect_uri: `${site.origin}/done#response_code=c` }))
}

export async function open() {
  setGlobalConfig({ ...getGlobalConfig(), allowInsecureUrls: true })
  site.server = createServer(serve).unref()
  await new Promise((listening) => site.server.listen(0, '127.0.0.1', listening))
  site.origin = `http://127.0.0.1:${site.server.address().port}`
  return site.origin
}

export const publish = ({ object }) => void (site.object = object)

export function close() {
  setGlobalConfig({ ...getGlobalConfig(), allowInsecureUrls: false })
  site.server.closeAllConnections()
  site.server.close()
  return site.posted.splice(0)
}

// What the library makes of the posted form; its presentations are for the libraries of their formats.
export const read = ({ form, payload, responseKey, now }) =>
  at(now, async () => {
    const using = { ...plain, decryptJwe: decrypting(responseKey) }
    const verifier = new Openid4vpVerifier({ callbacks: using })
    const posted = { authorizationResponse: form, authorizationRequestPayload: payload, callbacks: using }
    const answer = await verifier.parseOpenid4vpAuthorizationResponse(posted)
    const { vp_token: token, state } = answer.authorizationResponsePayload
    const tokenThumbprint = await thumbprint({ jwk: { kty: 'EC', crv: 'P-256', x: responseKey.x, y: responseKey.y } })
    return { kind: answer.type, state, presentations: verifier.parseDcqlVpToken(token), header: answer.jarm.jarmHeader, thumbprint: tokenThumbprint }
  })

const framed = (paths) => {
  const frame = {}
  for (const path of paths) {
    const last = path.length - 1
    path.reduce((inner, name, at) => (inner[name] = at === last ? true : (inner[name] ?? {})), frame)
  }
  return frame
}

const wanted = ({ claims, claim_sets: sets }) =>
  sets ? claims.filter(({ id }) => sets.at(-1).includes(id)) : claims

async function presentation(query, request, held, now) {
  const paths = wanted(query).map(({ path }) => path)
  const { client_id: clientId, nonce, response_uri: responseUri } = request
  if (query.format === 'mso_mdoc') {
    const shown = {}
    for (const [namespace, element] of paths) (shown[namespace] ??= []).push(element)
    const [{ kid, use, alg, ...jwk }] = request.client_metadata.jwks.keys
    const session = { clientId, nonce, responseUri, thumbprint: await thumbprint({ jwk }) }
    return presentMdoc({ issuerSigned: held.credential, doctype: query.meta.doctype_value, shown, key: held.key, session })
  }
  const binding = { iat: now, aud: clientId, nonce }
  return presentSdJwt({ credential: held.credential, frame: framed(paths), key: held.key, binding })
}

// From the link on a page to the verifier's word: reads the request, answers its query of that format with what is `held`.
export const answer = ({ link, format, held, now, changed }) =>
  at(now, async () => {
    const client = new Openid4vpClient({ callbacks: { ...callbacks, fetch, encryptJwe } })
    const { params } = client.parseOpenid4vpAuthorizationRequest({ authorizationRequest: link })
    const { authorizationRequestPayload: request, client: asking } = await client.resolveOpenId4vpAuthorizationRequest({ authorizationRequestPayload: params })
    const query = request.dcql_query.credentials.find((one) => one.format === format)
    const vpToken = { [query.id]: [await presentation(query, { ...request, ...changed }, held, now)] }
    const created = await client.createOpenid4vpAuthorizationResponse({
      authorizationRequestPayload: request,
      authorizationResponsePayload: { vp_token: vpToken },
      jarm: {
        encryption: { nonce: text(hash('sha-256', Buffer.from(request.nonce))) },
        serverMetadata: {
          authorization_signing_alg_values_supported: [],
          authorization_encryption_alg_values_supported: ['ECDH-ES'],
          authorization_encryption_enc_values_supported: ['A256GCM'],
        },
      },
    })
    const { authorizationResponsePayload, jarm } = created
    const { response } = await client.submitOpenid4vpAuthorizationResponse({ authorizationRequestPayload: request, authorizationResponsePayload, jarm })
    return { prefix: asking.prefix, status: response.status, said: await response.json() }
  })
