/*
 * hlog: the latency histograms as an HdrHistogram log, version 1.3.
 *
 * One interval line per statement, arm and clock, all over the whole judged time. The tag is
 * <arm>:<service|response>:<statement>, the statement's name percent-encoded where a tag may
 * not hold the character (comma, white space). Values are nanoseconds; Interval_Max is in
 * milliseconds, as the format's own tools write it.
 */
#include "report/report_format.h"
#include "report/text.h"

#include <time.h>

static double epoch_of(const char *iso8601)
{
	struct tm tm = {0};

	if (!iso8601 || !strptime(iso8601, "%Y-%m-%dT%H:%M:%S", &tm))
		return 0;
	return (double)timegm(&tm);
}

static void add_tag(struct buf *out, const char *s)
{
	static const char kept[] = "-._~/()[]=+*<>?!|;:@$&'^";

	for (const unsigned char *p = (const unsigned char *)s; *p; p++) {
		const bool plain =
		    (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');
		bool keep = plain;

		for (const char *k = kept; *k && !keep; k++)
			keep = (char)*p == *k;
		buf_addf(out, keep ? "%c" : "%%%02X", *p);
	}
}

static void add_interval(struct buf *out, const struct run *run, const char *clock, enum arm arm,
    const char *name, const struct latency *latency)
{
	if (!latency->histogram)
		return;
	buf_addf(out, "Tag=%s:%s:", arm_name(arm), clock);
	add_tag(out, name);
	buf_addf(out, ",%.3f,%.3f,%.3f,%s\n", run->generator.warmup_s,
	    run->generator.duration_s - run->generator.warmup_s, latency->max * 1e3,
	    latency->histogram);
}

void render_hlog(const struct run *run, struct buf *out)
{
	buf_addf(out, "#[Histogram log of pgrehearse %s, run ", run->version);
	text_line(out, run->run_id, TEXT_WHOLE);
	buf_adds(out, "]\n#[Histogram log format version 1.3]\n");
	buf_addf(out, "#[StartTime: %.3f (seconds since epoch), %s]\n", epoch_of(run->started_at),
	    run->started_at ? run->started_at : "unknown");
	buf_adds(out, "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
	              "\"Interval_Compressed_Histogram\"\n");
	for (size_t i = 0; i < run->n_replayed; i++) {
		const struct run_statement *s = &run->statements[i];

		for (enum arm arm = 0; arm < N_ARMS; arm++) {
			add_interval(out, run, "service", arm, s->name, &s->arms[arm].service);
			add_interval(out, run, "response", arm, s->name, &s->arms[arm].response);
		}
	}
}
