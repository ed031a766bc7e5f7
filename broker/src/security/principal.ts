/** The user that a connection without authentication acts as, as in Kafka. */
export const ANONYMOUS_USER = 'ANONYMOUS'
