#include "capture/log_lines.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define BLOCK_BYTES ((size_t)256 << 10)

struct log_lines {
	char *path;
	gzFile file;
	char *block;
	size_t at, len;
	bool ended, cut_off, torn;
};

/* What we cannot unpack, by its first bytes. */
static const struct {
	const char *bytes;
	size_t n;
	const char *what, *program;
} magics[] = {
    {"\x28\xb5\x2f\xfd", 4, "compressed with zstd", "zstd"},
    {"\xfd\x37zXZ", 5, "compressed with xz", "xz"},
    {"BZh", 3, "compressed with bzip2", "bzip2"},
    {"\x04\x22\x4d\x18", 4, "compressed with lz4", "lz4"},
};

static int refuse(const struct log_lines *lines, struct err *err)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		if (lines->len < magics[i].n || memcmp(lines->block, magics[i].bytes, magics[i].n) != 0)
			continue;
		err_set(err, ERR_USAGE, "%s is %s", lines->path, magics[i].what);
		return err_hint(err, "unpack it on the way: %s -dc %s | pgrehearse capture --log - ...",
		    magics[i].program, lines->path);
	}
	if (memchr(lines->block, '\0', lines->len))
		return err_set(err, ERR_USAGE, "%s is no log: it holds NUL bytes", lines->path);
	return 0;
}

static int fill(struct log_lines *lines, struct err *err)
{
	int n = gzread(lines->file, lines->block, BLOCK_BYTES);
	int code = Z_OK;

	lines->at = 0;
	lines->len = n > 0 ? (size_t)n : 0;
	if (n > 0)
		return 0;
	lines->ended = true;
	gzerror(lines->file, &code);
	lines->torn = code == Z_BUF_ERROR || code == Z_DATA_ERROR;
	if (n == 0 || lines->torn)
		return 0;
	return code == Z_ERRNO ? err_errno(err, ERR_ENV, "cannot read %s", lines->path)
	                       : err_set(err, ERR_ENV, "cannot read %s: %s", lines->path,
	                             gzerror(lines->file, &code));
}

static int open_file(const char *path, gzFile *ret, struct err *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return err_errno(err, ERR_USAGE, "cannot read %s", path);
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		errno = EISDIR;
		return err_errno(err, ERR_USAGE, "cannot read %s", path);
	}
	*ret = gzdopen(fd, "rb");
	if (*ret)
		return 0;
	close(fd);
	return err_set(err, ERR_ENV, "cannot read %s: out of memory", path);
}

struct log_lines *log_lines_open(const char *path, struct err *err)
{
	struct log_lines *lines;
	gzFile file;

	if (open_file(path, &file, err) < 0)
		return NULL;
	gzbuffer(file, (unsigned)BLOCK_BYTES);
	lines = xcalloc(1, sizeof(*lines));
	lines->path = xstrdup(strcmp(path, "-") == 0 ? "standard input" : path);
	lines->file = file;
	lines->block = xmalloc(BLOCK_BYTES);
	if (fill(lines, err) < 0 || refuse(lines, err) < 0) {
		log_lines_close(lines);
		return NULL;
	}
	return lines;
}

void log_lines_close(struct log_lines *lines)
{
	if (!lines)
		return;
	gzclose(lines->file);
	free(lines->block);
	free(lines->path);
	free(lines);
}

static void take(struct log_lines *lines, size_t n, struct buf *ret)
{
	size_t room = LOG_LINE_MAX_BYTES - ret->len;

	buf_add(ret, lines->block + lines->at, n < room ? n : room);
	lines->at += n;
}

int log_lines_next(struct log_lines *lines, struct buf *ret, struct err *err)
{
	bool any = false;

	buf_clear(ret);
	buf_adds(ret, "");
	for (;;) {
		char *from = lines->block + lines->at, *end;

		if (lines->at == lines->len && !lines->ended && fill(lines, err) < 0)
			return ERR_ENV;
		if (lines->at == lines->len && lines->ended) {
			lines->cut_off |= any;
			return any;
		}
		from = lines->block + lines->at;
		any = true;
		end = memchr(from, '\n', lines->len - lines->at);
		take(lines, end ? (size_t)(end - from) : lines->len - lines->at, ret);
		if (!end)
			continue;
		lines->at++;
		if (ret->len && ret->data[ret->len - 1] == '\r')
			ret->data[--ret->len] = '\0';
		return 1;
	}
}

bool log_lines_cut_off(const struct log_lines *lines)
{
	return lines->cut_off;
}

bool log_lines_torn(const struct log_lines *lines)
{
	return lines->torn;
}
