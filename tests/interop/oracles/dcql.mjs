// dcql: what a wallet could answer, and whether an answer is one.
import { DcqlPresentationResult, DcqlQuery } from 'dcql'

function parsed(query) {
  const known = DcqlQuery.parse(query)
  DcqlQuery.validate(known)
  return known
}

export function match({ query, credentials }) {
  const result = DcqlQuery.query(parsed(query), credentials)
  const candidates = Object.entries(result.credential_matches).map(([id, found]) => [
    id,
    (found.valid_credentials ?? []).map((one) => [
      one.input_credential_index,
      one.claims.valid_claim_sets.map((set) => set.claim_set_index ?? null),
    ]),
  ])
  const sets = result.credential_sets?.map((set) => set.matching_options ?? []) ?? null
  return { met: Boolean(result.can_be_satisfied), candidates: Object.fromEntries(candidates), sets }
}

export const answers = ({ query, presented }) =>
  Boolean(DcqlPresentationResult.fromDcqlPresentation(presented, { dcqlQuery: parsed(query) }).can_be_satisfied)
