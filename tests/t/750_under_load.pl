# build: under_load: the candidate is applied while the replay runs, and the report says what that did
# to latency; a candidate that locks the replay out is named with its lock and those who waited.
use strict;
use warnings FATAL => 'all';

use GateTest;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'PGREHEARSE is not set' unless $ENV{PGREHEARSE};

my $node = staging('staging', "shared_preload_libraries = 'pg_stat_statements'\n");
$node->safe_psql('shop', <<'SQL');
CREATE TABLE sale (id int PRIMARY KEY, kind int NOT NULL, n int NOT NULL, pad text NOT NULL);
INSERT INTO sale SELECT n, n / 400, n % 7, repeat('x', 50) FROM generate_series(1, 20000) n;
CREATE TABLE twice (id int, n int);
INSERT INTO twice SELECT 1, n FROM generate_series(1, 500) n;
-- An expression that takes its time: 400 ms for the rows of kind 1.
CREATE FUNCTION slow(k int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
  $$ BEGIN IF k = 1 THEN PERFORM pg_catalog.pg_sleep(0.005); END IF; RETURN k; END $$;
VACUUM ANALYZE;
SQL

my $workload = workload_file(
	[ 'by kind', 'SELECT count(*) FROM sale WHERE kind = $1' ],
	[ 'move', 'UPDATE sale SET n = n + 1 WHERE id = $1' ]);

sub try
{
	my ($up, %section) = @_;
	my $file = spew(scratch('up.sql'), $up);
	my $r = gate(gate_file($node,
		candidate => "{up: $file, build: under_load" . (delete $section{kind} // '') . '}',
		workload => $workload, replay => '{rate: 40/s, time: 3s, clients: 4}',
		thresholds => "\n  - {metric: errors.rate, max: 0.1%}", %section));
	is(left_behind($node), '', 'the clones are gone');
	return $r;
}

my $r = try('CREATE INDEX CONCURRENTLY sale_kind ON sale (slow(kind), kind);'
	  . "\nCREATE INDEX CONCURRENTLY sale_by_kind ON sale (kind);",
	thresholds => "\n  - {metric: buffers.touched_per_call, scope: \"name:by kind\", max_ratio: 0.6}"
	  . "\n  - {metric: index.used, scope: \"index:public.sale_by_kind\", min: 1}"
	  . "\n  - {metric: errors.rate, max: 0.1%}");
passes($r, 'an index built concurrently under load is rehearsed') or BAIL_OUT("no run: $r->{err}");
my $build = $r->{run}{build};
ok($build->{under_load}, 'the record says so');
cmp_ok($build->{start_s}, '>=', 1, '... it began after a quarter of the time');
cmp_ok($build->{end_s}, '>', $build->{start_s}, '... ended later');
cmp_ok($r->{run}{generator}{duration_s}, '<', $build->{end_s} + 2 * 3, '... the planned time goes on from there, and no longer');
is($r->{run}{stopped_by}, 'time', '... which is what ended it');
cmp_ok($r->{run}{generator}{warmup_s}, '>=', $build->{end_s}, '... and what is judged comes after it');
for my $phase (qw(before during after))
{
	for my $arm (qw(baseline candidate))
	{
		my $p = $build->{phases}{$phase}{$arm};
		cmp_ok($p->{ops}, '>', 0, "$phase, $arm: requests were sent");
		cmp_ok($p->{p50}, '>', 0, '... and their response times are known');
	}
}
# Blocks before the build would have hidden this: of both arms the same.
cmp_ok((checks($r, 'buffers.touched_per_call', 'by kind'))[0]{estimate}, '<', 0.6,
	'counters are those after the build');
is(scalar @{ $r->{run}{changes} }, 2, 'both statements are recorded');
like($r->{run}{changes}[0]{locks}, qr/ShareUpdateExclusiveLock on public\.sale/, '... with their locks');
my ($by_kind) = grep { $_->{name} eq 'public.sale_by_kind' } @{ $r->{run}{indexes} };
is($by_kind->{role}, 'created', 'the index is known as made by the change');
ok((grep { $_ eq 'by kind' } @{ $by_kind->{used_by} }), '... and by whom it is used');
like($r->{err}, qr/UNDER LOAD, APPLIED FROM .*baseline +before p50 .*during p50 .*after p50/s, 'the terminal shows the phases');
for my $file ('report.md', 'report.html', 'change-record.md')
{
	like(slurp_file("$r->{dir}/$file"), qr/pplied under load, from .* to /, "$file shows them");
}

# A migration that holds its lock, without CONCURRENTLY: the replay waits for it.
$r = try('ALTER TABLE sale ADD CHECK (slow(kind) < 100);', kind => ', kind: migration',
	replay => '{rate: 40/s, time: 3s, clients: 4, statement_timeout: 20s}');
isnt($r->{run}, undef, 'a change that locks the replay out is rehearsed to the end') or BAIL_OUT($r->{err});
my ($told) = grep { $_->{kind} eq 'locks' } @{ $r->{run}{disturbances} };
like($told->{text}, qr/on the candidate arm statements waited for a lock on public\.sale \(AccessExclusiveLock, held by the candidate's "ALTER TABLE sale ADD CHECK/,
	'... who held which lock is told') or diag explain $r->{run}{disturbances};
like($told->{text}, qr/: .*by kind/, '... and who waited');
cmp_ok($r->{run}{build}{phases}{during}{candidate}{max}, '>', 1, '... and how long');
like($r->{err}, qr/waited for a lock on public\.sale/, '... on the terminal too');

# A build that fails leaves an invalid index; it is named, and gone with the clone.
$r = try('CREATE UNIQUE INDEX CONCURRENTLY twice_id ON twice (id);');
is($r->{code}, 3, 'a build that fails under load: exit code 3');
like($r->{err}, qr/under load: .*create index.*invalid index public\.twice_id/s, '... it names the invalid index')
  or diag $r->{err};
is($node->safe_psql('shop', 'SELECT count(*) FROM pg_index WHERE NOT indisvalid'), '0', '... which staging has not');
isnt($r->{run}{changes}[0]{error}, undef, '... and the record keeps the error');

# A trigger of the change that takes a lock in every write, long after the change was applied.
my $trigger = spew(scratch('trigger.sql'), <<'SQL');
CREATE FUNCTION lock_all() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN LOCK TABLE sale IN ACCESS EXCLUSIVE MODE; PERFORM pg_catalog.pg_sleep(0.3); RETURN NEW; END $$;
CREATE TRIGGER lock_all BEFORE UPDATE ON sale FOR EACH ROW EXECUTE FUNCTION lock_all();
SQL
$r = gate(gate_file($node, workload => $workload, candidate => "{up: $trigger, kind: migration}",
	replay => '{rate: 20/s, time: 3s, clients: 4, statement_timeout: 10s, drain_timeout: 5s}',
	thresholds => "\n  - {metric: errors.rate, max: 100%}"));
my $told_all = join "\n", map { $_->{text} } grep { $_->{kind} eq 'locks' } @{ $r->{run}{disturbances} };
like($told_all, qr/a lock on public\.sale \(.*AccessExclusiveLock.*, held by "move"\)/,
	'a lock that the change makes statements take is told by the name of the statement') or diag $told_all;
is(left_behind($node), '', 'the clones are gone');

my $up = spew(scratch('up.sql'), 'CREATE INDEX ON sale (kind);');
$r = gate(gate_file($node, workload => $workload, candidate => '{build: under_load}'));
is($r->{code}, 2, 'under_load without a change is refused');
$r = gate(gate_file($node, workload => $workload, candidate => "{up: $up, build: later}"));
is($r->{code}, 2, 'so is another word');
like($r->{err}, qr/under_load/, '... and the right ones are named');

done_testing();
