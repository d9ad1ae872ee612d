// @sd-jwt/core and @sd-jwt/sd-jwt-vc: issuing, presenting, verifying.
import { randomBytes } from 'node:crypto'

import { SDJwtInstance } from '@sd-jwt/core'
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'

import { hash, holds, signed, text } from './keys.mjs'

const bytesOf = (data) => (typeof data === 'string' ? Buffer.from(data) : new Uint8Array(data))

const common = {
  hasher: (data, algorithm) => hash(algorithm, bytesOf(data)),
  saltGenerator: (length) => randomBytes(length).toString('base64url'),
  signAlg: 'ES256',
  hashAlg: 'sha-256',
  kbSignAlg: 'ES256',
}

const signer = (key) => (data) => text(signed(key, Buffer.from(data)))
const verifier = (key) => (data, signature) => holds(key, Buffer.from(data), Buffer.from(signature, 'base64url'))
const kbVerifier = (data, signature, payload) => verifier(payload.cnf.jwk)(data, signature)

export const issuing = ({ key, algorithm = 'sha-256', core = false }) =>
  new (core ? SDJwtInstance : SDJwtVcInstance)({ ...common, hashAlg: algorithm, signer: signer(key) })

export const verifying = ({ key, core = false, ...more }) =>
  new (core ? SDJwtInstance : SDJwtVcInstance)({ ...common, verifier: verifier(key), kbVerifier, ...more })

export const issue = ({ payload, frame, header, ...how }) => issuing(how).issue(payload, frame, { header })

export function present({ credential, frame, key, binding }) {
  const holder = new SDJwtInstance({ ...common, kbSigner: signer(key) })
  return holder.present(credential, frame, { kb: { payload: binding } })
}

export async function verify({ presentation, key, now, nonce, list, listKey, core }) {
  const looked = []
  const status = {
    statusListFetcher: (uri) => (looked.push(uri), list),
    statusVerifier: verifier(listKey ?? key),
    statusValidator: (value) => void looked.push(value),
  }
  const instance = verifying({ key, core, ...status })
  const { payload } = await instance.verify(presentation, { currentDate: now, keyBindingNonce: nonce })
  return { payload, looked }
}
