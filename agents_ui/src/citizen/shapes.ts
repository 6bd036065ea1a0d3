/** What the citizen's page and the server say to each other. */
import type { components } from '@/api/generated'

type Shapes = components['schemas']

export type Message = Shapes['MessageView']
export type Conversation = Shapes['CitizenConversation']
export type QueueStanding = Omit<Conversation, 'messages'>
export type Receipt = Shapes['ReceiptView']
export type CitizenSession = Shapes['CitizenSession']
export type CitizenCase = Shapes['CitizenCaseView']
export type SurveyAnswer = Shapes['AnswerBody']
