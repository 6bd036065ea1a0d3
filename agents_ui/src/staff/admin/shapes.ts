/** The administrator's shapes, as the server declares them. */
import type { components } from '@/api/generated'

type Shapes = components['schemas']
export type User = Shapes['UserView']
export type Unit = Shapes['UnitRecord']
export type UnitName = Shapes['UnitView']
export type Crew = Shapes['CrewView']
export type Role = Shapes['RoleView']
export type Capability = Shapes['CapabilityView']
export type Failure = Shapes['FailureView']
export type AuditEntry = Shapes['AuditView']
export type ImportReport = Shapes['ImportReport']
export type Place = Shapes['PlaceView']
