ALTER TABLE `runs` ADD `roles` text;--> statement-breakpoint
ALTER TABLE `shards` ADD `counts` text;