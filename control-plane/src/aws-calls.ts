/** How long a call to AWS may take, and how often the SDK makes it. By itself it would wait for ever. */

const CONNECT_TIMEOUT_MS = 2_000
const CALL_TIMEOUT_MS = 10_000
const ATTEMPTS = 3

/** Settings that every client of the SDK takes. */
export function limitedCalls(callTimeoutMs = CALL_TIMEOUT_MS) {
  return {
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: callTimeoutMs,
      // An answer may also stop halfway.
      socketTimeout: callTimeoutMs,
      throwOnRequestTimeout: true,
    },
  }
}
