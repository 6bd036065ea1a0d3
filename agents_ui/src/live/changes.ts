/** The messages of /api/live and what a page does with them (the server's `apply_changes`). */
export interface Entity<T = unknown> {
  id: string
  version: number
  data: T
}

export interface Snapshot {
  type: 'snapshot'
  watch: string
  cursor: number
  entities: Entity[]
}

export interface Changes {
  type: 'changes'
  watch: string
  cursor: number
  upserts: Entity[]
  removes: string[]
}

export interface Refused {
  type: 'refused'
  watch: string
  code: string
}

export type LiveMessage = Snapshot | Changes | Refused

/** A snapshot replaces what is shown; of a changed entity the newer version wins. */
export function applyChanges(shown: Map<string, Entity>, message: Snapshot | Changes): void {
  if (message.type === 'snapshot') {
    shown.clear()
    for (const entity of message.entities) shown.set(entity.id, entity)
    return
  }
  for (const change of message.upserts) {
    const known = shown.get(change.id)
    if (!known || known.version <= change.version) shown.set(change.id, change)
  }
  for (const gone of message.removes) shown.delete(gone)
}
