#include "model/sample.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[16] = "pgrehearse-samp1";

_Static_assert(sizeof(struct sample) == 48, "samples.bin has 48-byte records");
_Static_assert(sizeof(struct sample_header) == 64, "samples.bin has a 64-byte header");

const char *arm_name(enum arm arm)
{
	return arm == ARM_BASELINE ? "baseline" : "candidate";
}

uint32_t sqlstate_pack(const char sqlstate[5])
{
	uint32_t packed = 0;

	for (int i = 0; i < 5; i++)
		packed |= (uint32_t)((sqlstate[i] - '0') & 0x3f) << (6 * i);
	return packed;
}

void sqlstate_unpack(uint32_t packed, char out[6])
{
	for (int i = 0; i < 5; i++)
		out[i] = (char)(((packed >> (6 * i)) & 0x3f) + '0');
	out[5] = '\0';
}

struct sample_header sample_header_make(uint32_t n_statements)
{
	struct sample_header header = {
	    .record_bytes = sizeof(struct sample),
	    .n_statements = n_statements,
	};

	memcpy(header.magic, magic, sizeof(magic));
	return header;
}

/* Readers index arrays by arm and statement: a damaged record is refused here, once. */
static int check_records(const char *path, const struct sample_header *header,
    const struct samples *samples, struct err *err)
{
	for (size_t i = 0; i < samples->n; i++) {
		const struct sample *s = &samples->items[i];

		if (s->arm >= N_ARMS || s->status > SAMPLE_SKIPPED || s->statement >= header->n_statements)
			return err_set(
			    err, ERR_USAGE, "%s: record %zu of %zu is damaged", path, i + 1, samples->n);
	}
	return 0;
}

static int map_file(const char *path, int fd, struct samples *ret, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, ERR_ENV, "cannot read %s", path);
	if (!S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(struct sample_header))
		return err_set(err, ERR_USAGE, "%s is not a samples file: it is too short", path);
	ret->map_bytes = (size_t)st.st_size;
	ret->map = mmap(NULL, ret->map_bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (ret->map == MAP_FAILED) {
		ret->map = NULL;
		return err_errno(err, ERR_ENV, "cannot map %s", path);
	}
	return 0;
}

int samples_open(const char *path, struct samples *ret, struct err *err)
{
	struct samples samples = {0};
	const struct sample_header *header;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return err_errno(err, errno == ENOENT ? ERR_USAGE : ERR_ENV, "cannot open %s", path);
	rc = map_file(path, fd, &samples, err);
	close(fd);
	if (rc < 0)
		return rc;
	header = samples.map;
	if (memcmp(header->magic, magic, sizeof(magic)) != 0 ||
	    header->record_bytes != sizeof(struct sample)) {
		rc = err_set(err, ERR_USAGE, "%s is not a samples file of this version", path);
	} else {
		samples.items = (const struct sample *)(header + 1);
		samples.n = (samples.map_bytes - sizeof(*header)) / sizeof(struct sample);
		rc = check_records(path, header, &samples, err);
	}
	if (rc < 0)
		samples_release(&samples);
	else
		*ret = samples;
	return rc;
}

void samples_release(struct samples *samples)
{
	if (samples->map)
		munmap(samples->map, samples->map_bytes);
	*samples = (struct samples){0};
}
