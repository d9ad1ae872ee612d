// @openid4vc/oauth2: proofs of possession (DPoP), made by its client and checked by its server.
import { randomBytes } from 'node:crypto'

import { calculateJwkThumbprint, clientAuthenticationAnonymous, HashAlgorithm, Oauth2AuthorizationServer, resourceRequest } from '@openid4vc/oauth2'

import { at } from './clock.mjs'
import { certificate, hash, holds, keyOf, signed, text } from './keys.mjs'

const hashing = (data, name) => hash(name, data)

export const callbacks = {
  hash: hashing,
  clientAuthentication: clientAuthenticationAnonymous(),
  getX509CertificateMetadata(der) {
    const names = (certificate(Buffer.from(der, 'base64')).subjectAltName ?? '').split(', ')
    const named = (kind) => names.filter((name) => name.startsWith(kind)).map((name) => name.slice(kind.length))
    return { sanDnsNames: named('DNS:'), sanUriNames: named('URI:') }
  },
  generateRandom: (length) => new Uint8Array(randomBytes(length)),
  verifyJwt(signer, { compact }) {
    const [header, payload, signature] = compact.split('.')
    const jwk = signer.publicJwk ?? keyOf(Buffer.from(signer.x5c[0], 'base64'))
    return { verified: holds(jwk, Buffer.from(`${header}.${payload}`), Buffer.from(signature, 'base64url')), signerJwk: jwk }
  },
}

// Signs with the one of `keys` that the library means.
export const signing = (keys) => (signer, { header, payload }) => {
  const key = keys.find(({ x, y }) => x === signer.publicJwk.x && y === signer.publicJwk.y)
  const input = [header, payload].map((part) => text(JSON.stringify(part))).join('.')
  return { jwt: `${input}.${text(signed(key, Buffer.from(input)))}`, signerJwk: signer.publicJwk }
}

// What its client sends for a resource, asked again with the nonce it is given first, if any.
export async function prove({ key, url, method, accessToken, nonce, now }) {
  const { d, ...publicJwk } = key
  const sent = []
  const fetch = async (_url, { headers }) => {
    sent.push(new Headers(headers))
    if (!nonce || sent.length > 1) return new Response('{}', { status: 200 })
    return new Response('', { status: 401, headers: { 'DPoP-Nonce': nonce, 'WWW-Authenticate': 'DPoP error="use_dpop_nonce"' } })
  }
  const dpop = { signer: { method: 'jwk', alg: 'ES256', publicJwk } }
  const using = { ...callbacks, fetch, signJwt: signing([key]) }
  await at(now, () => resourceRequest({ url, accessToken, requestOptions: { method }, dpop, callbacks: using }))
  return sent.map((headers) => ({ proof: headers.get('DPoP'), authorization: headers.get('Authorization') }))
}

export async function check({ proof, url, method, now, ...expected }) {
  const server = new Oauth2AuthorizationServer({ callbacks })
  const request = { headers: new Headers(), method, url }
  const verified = await server.verifyDpopJwt({ dpopJwt: proof, request, now: new Date(now * 1000), allowedSigningAlgs: ['ES256'], ...expected })
  return { thumbprint: verified.jwkThumbprint, jti: verified.payload.jti }
}

export const thumbprint = ({ jwk }) =>
  calculateJwkThumbprint({ jwk, hashAlgorithm: HashAlgorithm.Sha256, hashCallback: hashing })
