ALTER TABLE `runs` ADD `load` text;--> statement-breakpoint
ALTER TABLE `usage` ADD `throttled` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `usage_throttled` ON `usage` (`run_id`,`created_at`,`throttled`) WHERE throttled > 0;