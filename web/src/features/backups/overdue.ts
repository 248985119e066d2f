import type { BackupScheduleView } from '../../api/types';

/** A schedule whose last verified backup is older than it promises; one that has just been set has time to take its first. */
export const isOverdue = (schedule: BackupScheduleView | undefined) => Boolean(schedule?.enabled && !schedule.fresh && (schedule.lastVerifiedAt || schedule.lastAt));
