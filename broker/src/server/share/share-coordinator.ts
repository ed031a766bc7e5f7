import type { Prune, ShareStateShard } from '../../coordinators/share/index.ts'
import { CoordinatorRuntime } from '../coordinators/coordinator-runtime.ts'

/** Runs the share-group state whose `__share_group_state` partition this broker leads. */
export class ShareCoordinator extends CoordinatorRuntime<ShareStateShard, Prune> {}
