/** Names of the server's shapes, as the pages use them. */
export type * from './contract'
