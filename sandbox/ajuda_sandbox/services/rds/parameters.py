"""The parameters of PostgreSQL on RDS: RDS's own values, and when a change takes effect."""

from __future__ import annotations

# name: (value, apply type, data type, allowed values)
PARAMETERS = {
    "autovacuum": ("1", "dynamic", "boolean", "0,1"),
    "client_encoding": (None, "dynamic", "string", None),
    "effective_cache_size": ("{DBInstanceClassMemory/16384}", "dynamic", "integer", "1-2147483647"),
    "idle_in_transaction_session_timeout": ("86400000", "dynamic", "integer", "0-2147483647"),
    "log_autovacuum_min_duration": ("10000", "dynamic", "integer", "-1-2147483647"),
    "log_connections": (None, "dynamic", "boolean", "0,1"),
    "log_disconnections": (None, "dynamic", "boolean", "0,1"),
    "log_lock_waits": (None, "dynamic", "boolean", "0,1"),
    "log_min_duration_statement": (None, "dynamic", "integer", "-1-2147483647"),
    "log_min_messages": (
        None,
        "dynamic",
        "string",
        "debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic",
    ),
    "log_statement": (None, "dynamic", "string", "none,ddl,mod,all"),
    "log_temp_files": (None, "dynamic", "integer", "-1-2147483647"),
    "maintenance_work_mem": (
        "GREATEST({DBInstanceClassMemory*1024/63963136},65536)",
        "dynamic",
        "integer",
        "1024-2147483647",
    ),
    "max_connections": ("LEAST({DBInstanceClassMemory/9531392},5000)", "static", "integer", "6-262143"),
    "max_parallel_workers": ("GREATEST(${DBInstanceVCPU/2},8)", "dynamic", "integer", "0-1024"),
    "max_worker_processes": ("GREATEST(${DBInstanceVCPU*2},8)", "static", "integer", "0-262143"),
    "password_encryption": (None, "dynamic", "string", "md5,scram-sha-256"),
    "random_page_cost": (None, "dynamic", "float", "0-1.79769e+308"),
    "rds.accepted_password_auth_method": ("md5+scram", "static", "string", "md5+scram,scram"),
    "rds.force_admin_logging_level": (None, "dynamic", "string", None),
    "rds.force_ssl": ("1", "dynamic", "boolean", "0,1"),
    "rds.logical_replication": ("0", "static", "boolean", "0,1"),
    "rds.log_retention_period": ("4320", "dynamic", "integer", "1440-10080"),
    "shared_buffers": ("{DBInstanceClassMemory/32768}", "static", "integer", "16-1073741823"),
    "shared_preload_libraries": ("pg_stat_statements", "static", "list", None),
    "ssl_min_protocol_version": ("TLSv1.2", "dynamic", "string", "TLSv1.2,TLSv1.3"),
    "statement_timeout": (None, "dynamic", "integer", "0-2147483647"),
    "timezone": ("UTC", "dynamic", "string", None),
    "track_activity_query_size": ("4096", "static", "integer", "100-1048576"),
    "work_mem": (None, "dynamic", "integer", "64-2147483647"),
}

# Further parameters that PostgreSQL on RDS lets one set; without a value of RDS's own.
FURTHER = {
    "dynamic": (
        "array_nulls authentication_timeout auto_explain.log_analyze auto_explain.log_buffers auto_explain.log_format "
        "auto_explain.log_min_duration auto_explain.log_nested_statements auto_explain.log_timing "
        "autovacuum_analyze_scale_factor autovacuum_analyze_threshold autovacuum_naptime autovacuum_vacuum_cost_delay "
        "autovacuum_vacuum_cost_limit autovacuum_vacuum_insert_scale_factor autovacuum_vacuum_insert_threshold "
        "autovacuum_vacuum_scale_factor autovacuum_vacuum_threshold autovacuum_work_mem backend_flush_after "
        "bgwriter_delay bgwriter_lru_maxpages bgwriter_lru_multiplier bytea_output check_function_bodies "
        "checkpoint_completion_target checkpoint_timeout checkpoint_warning client_connection_check_interval "
        "client_min_messages commit_delay commit_siblings constraint_exclusion cpu_index_tuple_cost "
        "cpu_operator_cost cpu_tuple_cost cursor_tuple_fraction datestyle deadlock_timeout debug_pretty_print "
        "default_statistics_target default_toast_compression default_transaction_isolation "
        "default_transaction_read_only effective_io_concurrency enable_bitmapscan enable_hashagg enable_hashjoin "
        "enable_indexonlyscan enable_indexscan enable_material enable_memoize enable_mergejoin enable_nestloop "
        "enable_parallel_append enable_parallel_hash enable_partition_pruning enable_partitionwise_join enable_seqscan "
        "enable_sort enable_tidscan extra_float_digits from_collapse_limit gin_fuzzy_search_limit "
        "gin_pending_list_limit hash_mem_multiplier idle_session_timeout intervalstyle jit jit_above_cost "
        "join_collapse_limit lc_messages lc_monetary lc_numeric lc_time lock_timeout log_checkpoints log_duration "
        "log_error_verbosity log_executor_stats log_hostname log_line_prefix log_min_duration_sample "
        "log_min_error_statement log_parameter_max_length log_recovery_conflict_waits log_replication_commands "
        "log_rotation_age log_rotation_size log_statement_sample_rate log_statement_stats log_transaction_sample_rate "
        "logical_decoding_work_mem maintenance_io_concurrency max_parallel_maintenance_workers "
        "max_parallel_workers_per_gather max_slot_wal_keep_size max_stack_depth max_standby_archive_delay "
        "max_standby_streaming_delay max_wal_size min_parallel_index_scan_size min_parallel_table_scan_size min_wal_size "
        "parallel_leader_participation parallel_setup_cost parallel_tuple_cost pg_stat_statements.save "
        "pg_stat_statements.track pg_stat_statements.track_utility pgaudit.log pgaudit.log_catalog "
        "pgaudit.log_parameter pgaudit.log_relation pgaudit.role plan_cache_mode quote_all_identifiers "
        "rds.force_autovacuum_logging_level rds.log_retention_period rds.restrict_password_commands search_path "
        "seq_page_cost session_replication_role standard_conforming_strings synchronous_commit tcp_keepalives_count "
        "tcp_keepalives_idle tcp_keepalives_interval tcp_user_timeout temp_buffers temp_file_limit track_activities "
        "track_counts track_functions track_io_timing track_wal_io_timing transform_null_equals "
        "vacuum_buffer_usage_limit vacuum_cost_delay vacuum_cost_limit vacuum_failsafe_age vacuum_freeze_min_age "
        "vacuum_freeze_table_age wal_compression wal_keep_size wal_receiver_timeout wal_sender_timeout wal_writer_delay"
    ),
    "static": (
        "autovacuum_freeze_max_age autovacuum_max_workers autovacuum_multixact_freeze_max_age cron.database_name "
        "huge_pages max_files_per_process max_locks_per_transaction max_logical_replication_workers "
        "max_pred_locks_per_transaction max_prepared_transactions max_replication_slots max_wal_senders "
        "pg_stat_statements.max rds.enable_plan_management superuser_reserved_connections track_commit_timestamp "
        "wal_buffers"
    ),
}
for _apply, _names in FURTHER.items():
    for _name in _names.split():
        PARAMETERS.setdefault(_name, (None, _apply, "string", None))
