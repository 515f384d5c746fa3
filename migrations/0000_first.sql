CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`prefix` text NOT NULL,
	`hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`last_used_at` integer,
	`revoked_at` integer,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_hash` ON `api_keys` (`hash`);--> statement-breakpoint
CREATE INDEX `api_keys_tenant` ON `api_keys` (`tenant_id`,`created_at`);--> statement-breakpoint
CREATE TABLE `datasets` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`benchmark_id` text NOT NULL,
	`importer` text,
	`item_count` integer NOT NULL,
	`sha256` text NOT NULL,
	`created_at` integer NOT NULL,
	`deleted_at` integer,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `datasets_tenant` ON `datasets` (`tenant_id`,`created_at`,`id`);--> statement-breakpoint
CREATE TABLE `deliveries` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`hook_id` text NOT NULL,
	`direction` text NOT NULL,
	`event` text NOT NULL,
	`key` text NOT NULL,
	`run_id` text,
	`status` text NOT NULL,
	`detail` text,
	`body` text,
	`attempts` integer NOT NULL,
	`next_attempt_at` integer,
	`response_status` integer,
	`created_at` integer NOT NULL,
	`finished_at` integer,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`hook_id`) REFERENCES `hooks`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`run_id`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `deliveries_key` ON `deliveries` (`hook_id`,`key`);--> statement-breakpoint
CREATE INDEX `deliveries_due` ON `deliveries` (`status`,`next_attempt_at`) WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX `deliveries_hook` ON `deliveries` (`hook_id`,`created_at`);--> statement-breakpoint
CREATE TABLE `hooks` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`direction` text NOT NULL,
	`provider` text NOT NULL,
	`name` text NOT NULL,
	`sealed_secret` text NOT NULL,
	`url` text,
	`run_template` text,
	`environments` text NOT NULL,
	`disabled_at` integer,
	`created_at` integer NOT NULL,
	`deleted_at` integer,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "hooks_direction" CHECK("hooks"."direction" in ('in', 'out')),
	CONSTRAINT "hooks_url" CHECK("hooks"."direction" = 'in' or "hooks"."url" is not null)
);
--> statement-breakpoint
CREATE INDEX `hooks_tenant` ON `hooks` (`tenant_id`,`direction`,`created_at`);--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`tenant_id` text NOT NULL,
	`key` text NOT NULL,
	`request_hash` text NOT NULL,
	`response_status` integer,
	`response_body` text,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `key`),
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `idempotency_keys_age` ON `idempotency_keys` (`created_at`);--> statement-breakpoint
CREATE TABLE `items` (
	`tenant_id` text NOT NULL,
	`dataset_id` text NOT NULL,
	`index` integer NOT NULL,
	`item_id` text NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`dataset_id`, `index`),
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`dataset_id`) REFERENCES `datasets`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `items_item` ON `items` (`dataset_id`,`item_id`);--> statement-breakpoint
CREATE TABLE `reports` (
	`run_benchmark_id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`run_id` text NOT NULL,
	`report` text NOT NULL,
	`counts` text NOT NULL,
	`value` real,
	`low` real,
	`high` real,
	`created_at` integer NOT NULL,
	`rescored_at` integer,
	FOREIGN KEY (`run_benchmark_id`) REFERENCES `run_benchmarks`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`run_id`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `reports_run` ON `reports` (`run_id`);--> statement-breakpoint
CREATE TABLE `run_benchmarks` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`run_id` text NOT NULL,
	`position` integer NOT NULL,
	`benchmark_id` text NOT NULL,
	`benchmark_version` integer NOT NULL,
	`family` text NOT NULL,
	`title` text NOT NULL,
	`params` text NOT NULL,
	`dataset_id` text,
	`size` integer NOT NULL,
	`evidence_set` text NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`run_id`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`dataset_id`) REFERENCES `datasets`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `run_benchmarks_run` ON `run_benchmarks` (`run_id`,`position`);--> statement-breakpoint
CREATE INDEX `run_benchmarks_tenant` ON `run_benchmarks` (`tenant_id`,`benchmark_id`);--> statement-breakpoint
CREATE INDEX `run_benchmarks_dataset` ON `run_benchmarks` (`dataset_id`) WHERE dataset_id is not null;--> statement-breakpoint
CREATE TABLE `runs` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`target_id` text NOT NULL,
	`target_revision` text NOT NULL,
	`deployment_id` text,
	`target` text NOT NULL,
	`suite` text,
	`seed` integer NOT NULL,
	`status` text NOT NULL,
	`stop_reason` text,
	`stop_detail` text,
	`budget` text NOT NULL,
	`fresh` integer NOT NULL,
	`published` integer NOT NULL,
	`source` text NOT NULL,
	`hook_id` text,
	`hook_key` text,
	`items_total` integer NOT NULL,
	`created_at` integer NOT NULL,
	`started_at` integer,
	`finished_at` integer,
	`cancel_requested_at` integer,
	`woken_at` integer NOT NULL,
	`determinism` text,
	`announced_at` integer,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`target_id`) REFERENCES `targets`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`hook_id`) REFERENCES `hooks`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "runs_status" CHECK("runs"."status" in ('queued', 'running', 'done', 'degraded', 'cancelled', 'failed'))
);
--> statement-breakpoint
CREATE INDEX `runs_tenant` ON `runs` (`tenant_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `runs_target` ON `runs` (`tenant_id`,`target_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `runs_unannounced` ON `runs` (`finished_at`) WHERE announced_at is null and finished_at is not null;--> statement-breakpoint
CREATE INDEX `runs_open` ON `runs` (`status`,`woken_at`) WHERE status in ('queued', 'running');--> statement-breakpoint
CREATE INDEX `runs_published` ON `runs` (`published`,`finished_at`) WHERE published = 1;--> statement-breakpoint
CREATE UNIQUE INDEX `runs_hook` ON `runs` (`hook_id`,`hook_key`) WHERE hook_key is not null;--> statement-breakpoint
CREATE TABLE `scores` (
	`tenant_id` text NOT NULL,
	`run_benchmark_id` text NOT NULL,
	`item_index` integer NOT NULL,
	`item_id` text NOT NULL,
	`cluster` text,
	`status` text NOT NULL,
	`score` real,
	`reason` text,
	`detail` text,
	PRIMARY KEY(`run_benchmark_id`, `item_index`),
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`run_benchmark_id`) REFERENCES `run_benchmarks`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "scores_status_known" CHECK("scores"."status" in ('scored', 'refused', 'error', 'skipped')),
	CONSTRAINT "scores_detail" CHECK("scores"."status" = 'error' or "scores"."detail" is not null)
);
--> statement-breakpoint
CREATE INDEX `scores_status` ON `scores` (`run_benchmark_id`,`status`,`item_index`);--> statement-breakpoint
CREATE TABLE `shards` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`run_id` text NOT NULL,
	`run_benchmark_id` text NOT NULL,
	`index` integer NOT NULL,
	`from_index` integer NOT NULL,
	`to_index` integer NOT NULL,
	`status` text NOT NULL,
	`lease_owner` text,
	`lease_until` integer NOT NULL,
	`not_before` integer NOT NULL,
	`attempts` integer NOT NULL,
	`last_error` text,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`run_id`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`run_benchmark_id`) REFERENCES `run_benchmarks`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "shards_status" CHECK("shards"."status" in ('open', 'done')),
	CONSTRAINT "shards_slice_order" CHECK("shards"."from_index" < "shards"."to_index")
);
--> statement-breakpoint
CREATE UNIQUE INDEX `shards_slice` ON `shards` (`run_benchmark_id`,`index`);--> statement-breakpoint
CREATE INDEX `shards_open` ON `shards` (`run_id`,`status`,`lease_until`);--> statement-breakpoint
CREATE TABLE `targets` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`base_url` text NOT NULL,
	`model` text NOT NULL,
	`dialect` text NOT NULL,
	`sealed_key` text,
	`price` text,
	`limits` text NOT NULL,
	`reasoning_tags` text NOT NULL,
	`capabilities` text,
	`probed_at` integer,
	`probe_error` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`deleted_at` integer,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "targets_dialect" CHECK("targets"."dialect" in ('openai', 'vllm', 'assay', 'llama.cpp', 'ollama', 'workers-ai'))
);
--> statement-breakpoint
CREATE INDEX `targets_tenant` ON `targets` (`tenant_id`,`created_at`,`id`);--> statement-breakpoint
CREATE TABLE `tenants` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `usage` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`run_id` text NOT NULL,
	`run_benchmark_id` text NOT NULL,
	`calls` integer NOT NULL,
	`requests` integer NOT NULL,
	`retries` integer NOT NULL,
	`reused` integer NOT NULL,
	`prompt_tokens` integer NOT NULL,
	`completion_tokens` integer NOT NULL,
	`micro_usd` integer,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`run_id`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`run_benchmark_id`) REFERENCES `run_benchmarks`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `usage_run` ON `usage` (`run_id`);