import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/**
 * Who speaks for a host: an agent that knows the fleet's secret (a laptop's, which serves all hosts), or one that was
 * given the token of that very host. The token follows from secret and host, so there is nothing to store, and the
 * same host always gets the same one.
 */
export function hostToken(agentToken: string, hostId: string): string {
  return createHmac('sha256', agentToken).update(`host ${hostId}`).digest('hex')
}

export function maySpeakFor(hostId: string, authorization: string | undefined, agentToken: string): boolean {
  return [agentToken, hostToken(agentToken, hostId)].some((token) => isBearer(authorization, token))
}

function isBearer(header: string | undefined, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token}`))
}
