#include "stage/server.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <locale.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST_PORT      54320
#define LAST_PORT       54999
#define LOG_TAIL_BYTES  ((size_t)700)
#define LOG_MAX_BYTES   ((size_t)64 << 20)
#define START_TIMEOUT_S "60"

int server_free_port(void)
{
	for (int port = FIRST_PORT; port < LAST_PORT; port++) {
		struct sockaddr_in address = {.sin_family = AF_INET,
		    .sin_port = htons((uint16_t)port),
		    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		int rc = fd < 0 ? 0 : bind(fd, (struct sockaddr *)&address, sizeof(address));

		if (fd >= 0)
			close(fd);
		if (rc == 0)
			return port;
	}
	return LAST_PORT;
}

static long shared_buffers_mb(void)
{
	long memory_mb = sysconf(_SC_PHYS_PAGES) / 1024 * (sysconf(_SC_PAGESIZE) / 1024);
	long share = memory_mb / 8;

	return share < 128 ? 128 : share > 1024 ? 1024 : share;
}

/* A string value of postgresql.conf: quotes are doubled, and so are backslashes. */
static void add_quoted(struct buf *conf, const char *value)
{
	buf_addc(conf, '\'');
	for (const char *c = value; *c; c++) {
		if (*c == '\'' || *c == '\\')
			buf_addc(conf, *c);
		buf_addc(conf, *c);
	}
	buf_adds(conf, "'\n");
}

/* initdb's own postgresql.conf and pg_hba.conf are replaced: a lab has nothing else in them, and
 * reads on one screen. Run as root, the files must belong to the server's user. */
static int write_owned(
    const struct server *server, const char *name, const struct buf *text, struct err *err)
{
	_cleanup_free_ char *path = file_join(server->data, name);

	if (file_write_atomic(path, text->data, text->len, 0600, err) < 0)
		return err->code;
	if (server->user.other && chown(path, server->user.uid, server->user.gid) < 0)
		return err_errno(err, ERR_ENV, "cannot give %s to the server's user", path);
	return 0;
}

static int write_configuration(const struct server *server, struct err *err)
{
	_cleanup_buf_ struct buf conf = BUF_INIT, hba = BUF_INIT;

	buf_adds(&conf, "# written by pgrehearse; see `pgrehearse lab --help`\n");
	buf_addf(&conf, "listen_addresses = ''\nport = %d\nunix_socket_directories = ", server->port);
	/* The list's own quotes keep a comma in the path from splitting it. */
	{
		_cleanup_free_ char *quoted = xasprintf("\"%s\"", server->sockets);

		add_quoted(&conf, quoted);
	}
	buf_adds(&conf, "unix_socket_permissions = 0700\n"
	                "cluster_name = 'pgrehearse lab'\n"
	                "max_connections = 300\n"
	                "shared_preload_libraries = 'pg_stat_statements'\n"
	                "pg_stat_statements.max = 10000\n"
	                "track_io_timing = on\n"
	                "max_wal_size = 4GB\n"
	                "checkpoint_timeout = 1h\n"
	                "full_page_writes = off\n"
	                "autovacuum = off\n"
	                "log_timezone = 'UTC'\n"
	                "datestyle = 'iso, mdy'\n"
	                "default_text_search_config = 'pg_catalog.english'\n"
	                "log_line_prefix = '%m [%p] %q%d '\n"
	                "dynamic_shared_memory_type = posix\n");
	buf_addf(&conf, "shared_buffers = %ldMB\n", shared_buffers_mb());
	buf_adds(&hba, "# whoever can enter the socket's directory is let in\nlocal all all trust\n");
	if (write_owned(server, "postgresql.conf", &conf, err) < 0)
		return err->code;
	return write_owned(server, "pg_hba.conf", &hba, err);
}

static const char *lab_locale(void)
{
	locale_t locale = newlocale(LC_ALL_MASK, "C.UTF-8", NULL);

	if (!locale)
		return "C";
	freelocale(locale);
	return "C.UTF-8";
}

int server_init(const struct server *server, struct err *err)
{
	_cleanup_free_ char *initdb = file_join(server->bindir, "initdb");
	_cleanup_free_ char *locale = xasprintf("--locale=%s", lab_locale());
	const char *argv[] = {initdb, "-D", server->data, "-U", "postgres", "--encoding=UTF8", locale,
	    "--auth=trust", "--no-sync", NULL};
	struct buf unread = BUF_INIT;
	int rc = process_run(&(struct process_options){.user = &server->user}, argv, &unread, err);

	buf_release(&unread);
	if (rc < 0)
		return err_wrap(err, "cannot create a cluster in %s", server->data);
	return write_configuration(server, err);
}

/* The last lines of the server's log, from the line of this start on when they are that few. */
static char *log_tail(const char *path)
{
	_cleanup_buf_ struct buf log = BUF_INIT;
	const char *from;

	if (file_read(path, LOG_MAX_BYTES, &log, NULL) < 0 || log.len == 0)
		return xstrdup("(its log is empty)");
	while (log.len > 0 && log.data[log.len - 1] == '\n')
		log.data[--log.len] = '\0';
	from = log.data;
	if (log.len > LOG_TAIL_BYTES) {
		from = log.data + log.len - LOG_TAIL_BYTES;
		from = strchr(from, '\n') ? strchr(from, '\n') + 1 : from;
	}
	return xstrdup(from);
}

static int explain_start(const struct server *server, struct err *err)
{
	_cleanup_free_ char *tail = log_tail(server->log);

	if (err->code == ERR_INTERRUPTED)
		return err->code;
	err_set(err, ERR_ENV, "the server in %s did not start; its log %s ends with:\n%s", server->data,
	    server->log, tail);
	if (strstr(tail, "No space left on device"))
		err_hint(err, "the disk is full: free some space, or use a directory on another one");
	else if (strstr(tail, "\"pg_stat_statements\""))
		err_hint(err,
		    "pg_stat_statements is missing beside %s: install PostgreSQL's contrib modules",
		    server->bindir);
	else if (strstr(tail, "incompatible with server"))
		err_hint(err, "it was made by another major version: use its --bindir, or stop the lab, "
		              "which removes it");
	return err->code;
}

int server_start(const struct server *server, struct err *err)
{
	_cleanup_free_ char *pg_ctl = file_join(server->bindir, "pg_ctl");
	const char *argv[] = {pg_ctl, "start", "-D", server->data, "-l", server->log, "-w", "-t",
	    START_TIMEOUT_S, "-s", NULL};

	if (process_run(&(struct process_options){.user = &server->user}, argv, NULL, err) < 0)
		return explain_start(server, err);
	return 0;
}
