/*
 * stage_servers: a lab of the test's own, with a small fixture loaded, for tests that need a real
 * server. The lab is ephemeral: a test that crashes leaves none.
 */
#ifndef TESTS_STAGE_SERVERS_H
#define TESTS_STAGE_SERVERS_H

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "stage/lab.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct lab lab;
static struct db_target staging;
static char scratch[] = "/tmp/pgrehearse-test-XXXXXX";

static inline void must(int rc, const struct err *err)
{
	if (rc < 0)
		fail_msg("%s (%s)", err->message, err->hint);
}

static inline void wait_ms(long ms)
{
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static inline char *write_fixture(const char *sql)
{
	char *dir = file_join(scratch, "fixture");
	char *path = file_join(dir, "010_all.sql");
	struct err err = {0};

	must(file_mkdir_all(dir, 0755, &err), &err);
	must(file_write_atomic(path, sql, strlen(sql), 0644, &err), &err);
	free(path);
	return dir;
}

static inline struct db *connect_to(const char *dbname)
{
	struct db_target target = db_target_copy(&lab.target);
	struct db *db = NULL;
	struct err err = {0};

	free(target.dbname);
	target.dbname = xstrdup(dbname);
	must(db_connect(&target, &db, &err), &err);
	db_target_release(&target);
	return db;
}

static inline struct db *connect_target(const struct db_target *target)
{
	struct db *db = NULL;
	struct err err = {0};

	must(db_connect(target, &db, &err), &err);
	return db;
}

static inline void run_sql(struct db *db, const char *sql)
{
	struct err err = {0};

	must(db_exec(db, sql, &err), &err);
}

/* The first column of the first row; caller frees. */
static inline char *ask(struct db *db, const char *sql)
{
	struct err err = {0};
	struct db_rows *rows = db_query(db, &err, sql);
	char *answer;

	if (!rows)
		fail_msg("%s: %s", sql, err.message);
	answer = xstrdup(db_rows_count(rows) ? db_text(rows, 0, 0) : "");
	db_rows_free(rows);
	return answer;
}

#define ASSERT_ANSWER(db, sql, expected)                                                           \
	do {                                                                                           \
		char *answer_to_sql = ask(db, sql);                                                        \
		assert_string_equal(answer_to_sql, expected);                                              \
		free(answer_to_sql);                                                                       \
	} while (0)

static inline int start_servers(void **state)
{
	struct err err = {0};
	char *dir;

	(void)state;
	if (!mkdtemp(scratch))
		return -1;
	must(lab_start(&(struct lab_options){.ephemeral = true}, NULL, &lab, &err), &err);
	dir = write_fixture("CREATE TABLE orders (id int PRIMARY KEY, email text, total int);\n"
	                    "INSERT INTO orders SELECT i, 'Mail' || i, i % 10\n"
	                    "  FROM generate_series(1, 2000) i;\n");
	must(lab_load_fixture(&lab, dir, "orders", NULL, &staging, &err), &err);
	free(dir);
	return 0;
}

static inline int stop_servers(void **state)
{
	struct err err = {0};

	(void)state;
	must(lab_stop(lab.dir, NULL, &err), &err);
	must(file_remove_tree(scratch, &err), &err);
	db_target_release(&staging);
	lab_release(&lab);
	return 0;
}

#endif
