import type { Role } from '@/contracts/rest'

export const ROLES: readonly Role[] = ['owner', 'admin', 'member']
