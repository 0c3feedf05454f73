# replay: what is due gets sent once, whatever the server does; nothing is lost, nothing is hidden.
use strict;
use warnings;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $pgrehearse = $ENV{PGREHEARSE} or plan skip_all => 'PGREHEARSE is not set';
my $tmp = PostgreSQL::Test::Utils::tempdir;
my $runs = 0;

my $node = PostgreSQL::Test::Cluster->new('clones');
$node->init;
$node->append_conf('postgresql.conf',
	"shared_preload_libraries = 'pg_stat_statements'\nfsync = off\nautovacuum = off\n");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE clone');
$node->safe_psql('clone', <<'SQL');
CREATE EXTENSION pg_stat_statements;
CREATE TABLE items (id int PRIMARY KEY, owner int NOT NULL, name text, price numeric, made date);
INSERT INTO items SELECT n, n % 97, 'it''s \ ' || n, n / 7.0, '2026-01-01'::date + n % 300
  FROM generate_series(1, 5000) n;
CREATE INDEX ON items (owner);
CREATE TABLE log (id bigint PRIMARY KEY, step int);
SQL

sub statement
{
	my ($name, $sql, $types, $rows, %more) = @_;
	return {
		name => $name, queryid => '1', sql => $sql, kind => 'select', writes => JSON::PP::false,
		tables => [], calls => 1, exec_ms => 1, production => { calls => 1 },
		values_from => @$types ? 'witness' : 'none', order => 'sampled', vectors => $rows,
		params => [ map { { type_oid => $_->[0], type => $_->[1] } } @$types ], %more };
}

# Write vectors; a list of transactions is a list of lists of statement numbers.
sub vectors
{
	my ($statements, $transactions) = @_;
	my $path = "$tmp/vectors" . ++$runs . ".json";
	$transactions ||= [ map { [$_] } 0 .. $#$statements ];
	my $json = JSON::PP->new->canonical->encode({
		format => 'pgrehearse-vectors/1', total_ms => 1, total_calls => 1,
		production_rate => 50, statements => $statements, skipped => [],
		transactions => [ map { { statements => $_, weight => 1 } } @$transactions ] });
	append_to_file($path, $json);
	return $path;
}

sub command
{
	my ($vectors, @options) = @_;
	my $dir = "$tmp/run" . ++$runs;
	return ($dir, $pgrehearse, 'replay', '--vectors', $vectors, '-h', $node->host, '-p',
		$node->port, '-d', 'clone', '-o', $dir, '-c', 4, @options);
}

# Run to the end: exit code, run record, samples, stderr.
sub replay
{
	my ($dir, @command) = command(@_);
	my ($out, $err) = ('', '');
	IPC::Run::run(\@command, '>', \$out, '2>', \$err);
	return result($dir, $? >> 8, $err);
}

sub result
{
	my ($dir, $code, $err) = @_;
	my $run = -e "$dir/run.json" ? decode_json(slurp_file("$dir/run.json")) : undef;
	my @samples;
	if (-e "$dir/samples.bin")
	{
		my $bytes = slurp_file("$dir/samples.bin");
		is((length($bytes) - 64) % 48, 0, 'samples.bin holds whole records');
		for (my $at = 64; $at < length $bytes; $at += 48)
		{
			my %s;
			@s{qw(due picked sent done op statement arm status sqlstate rows)} =
			  unpack 'Q<Q<Q<Q<L<S<CCL<L<', substr($bytes, $at, 48);
			push @samples, \%s;
		}
	}
	@samples = sort { $a->{op} <=> $b->{op} } @samples;
	return { code => $code, run => $run, samples => \@samples, err => $err, dir => $dir };
}

# Every op of the schedule once: numbered without a gap, times in order.
sub complete
{
	my ($r, $what) = @_;
	my @samples = @{ $r->{samples} };
	my $wrong = grep { $samples[$_]{op} != $_ } 0 .. $#samples;
	my $disorder = grep { $_->{due} > $_->{picked} || $_->{picked} > $_->{sent} || $_->{sent} > $_->{done} }
	  @samples;
	ok(@samples > 0 && !$wrong && !$disorder, "$what: every op has one sample")
	  or diag scalar(@samples), " samples, $wrong misnumbered, $disorder out of order; $r->{err}";
}

sub errors_of
{
	my ($r, $statement) = @_;
	my ($s) = grep { $_->{name} eq $statement } @{ $r->{run}{statements} };
	return { map { $_->{sqlstate} => $_ } grep { $_->{count} } @{ $s->{arms}{baseline}{error_counts} } };
}

sub count_status
{
	my ($r, $status) = @_;
	return scalar grep { $_->{status} == $status } @{ $r->{samples} };
}

# On a busy machine the generator may be late, which the exit code tells.
sub went_well
{
	my ($r, $name) = @_;
	my $late = $r->{code} == 4 && $r->{err} =~ /could not keep its schedule/;
	ok($r->{code} == 0 || $late, $name) or diag "$r->{code}: $r->{err}";
}

# Start one in the background and come back when it is sending.
sub begin
{
	my ($dir, @command) = command(@_);
	my $h = { dir => $dir, out => '', err => '' };
	$h->{ipc} = IPC::Run::start(\@command, '>', \$h->{out}, '2>', \$h->{err});
	$node->poll_query_until('postgres',
		"SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'pgrehearse replay' "
		  . "AND query LIKE '%pgrehearse:%'") or die "no replay: $h->{err}";
	sleep 0.3;
	return $h;
}

sub finish
{
	my ($h) = @_;
	$h->{ipc}->finish;
	return result($h->{dir}, $h->{ipc}->full_result >> 8, $h->{err});
}

my $by_id = statement('by id', 'SELECT name FROM items WHERE id = $1', [ [ 23, 'integer' ] ],
	[ map { ["$_"] } 1 .. 200 ]);
my $reads = vectors([$by_id]);

# Refusals
my $r = replay($reads, '-T', '1s');
is($r->{code}, 3, 'a database without the mark is refused');
like($r->{err}, qr/not marked as a clone/, '... with the reason');
system_or_bail($pgrehearse, 'clone', 'mark', '-h', $node->host, '-p', $node->port, '-d', 'clone');
$r = replay($reads, '-T', '1s', '-R', 'soon');
is($r->{code}, 2, 'a rate that is none is a usage error');

# The same rows, however statements are sent
my $mixed = vectors([
	$by_id,
	statement('by owner', 'SELECT * FROM items WHERE owner = $1 AND price > $2 -- not $3',
		[ [ 23, 'integer' ], [ 1700, 'numeric' ] ], [ map { [ "$_", "-1.5" ] } 1 .. 96 ]),
	statement('by name', 'SELECT id FROM items WHERE name = $1 OR name = $2 OR name = \'$1\'',
		[ [ 0, '' ], [ 25, 'text' ] ], [ map { [ "it's \\ $_", undef ] } 1 .. 100 ]),
	statement('by day', 'SELECT count(*), max(id) FROM items WHERE made >= $1 GROUP BY owner LIMIT $2',
		[ [ 1082, 'date' ], [ 20, 'bigint' ] ], [ map { [ '2026-03-01', "$_" ] } 1 .. 20 ]),
	statement('change', 'UPDATE items SET price = price WHERE owner = $1', [ [ 0, '' ] ],
		[ map { ["$_"] } 1 .. 96 ])]);
my %rows;
foreach my $protocol (qw(prepared extended simple))
{
	$r = replay($mixed, '-T', '1s', '-R', '150/s', '-M', $protocol, '-j', 1);
	went_well($r, "$protocol: it went well");
	complete($r, $protocol);
	is(count_status($r, 0), scalar @{ $r->{samples} }, "$protocol: no errors");
	$rows{$protocol} = join ' ', map { "$_->{statement}:$_->{rows}" } @{ $r->{samples} };
}
is($rows{extended}, $rows{prepared}, 'extended returns the rows of prepared');
is($rows{simple}, $rows{prepared}, 'simple returns the rows of prepared');
$r = replay($mixed, '-T', '1s', '-R', '150/s', '-j', 2);
complete($r, 'two jobs');
is(join(' ', map { "$_->{statement}:$_->{rows}" } @{ $r->{samples} }),
	$rows{prepared}, 'two jobs send what one sends');
$r = replay($mixed, '-T', '1s', '-R', '150/s', '-o', $r->{dir});
is($r->{code}, 2, 'an earlier result is not written over');

# Errors, by SQLSTATE
my $failing = vectors([
	statement('divide', 'SELECT 10 / $1', [ [ 23, 'integer' ] ], [ ['0'], ['5'] ]),
	statement('gone', 'SELECT * FROM no_such_table', [], []),
	statement('duplicate', 'INSERT INTO items VALUES ($1, 1)', [ [ 23, 'integer' ] ], [ ['1'] ]),
	statement('slow', 'SELECT pg_sleep(30)', [], []),
	$by_id]);
$r = replay($failing, '-T', '1s', '-R', '60/s', '-c', 8, '--statement-timeout', '150ms');
went_well($r, 'failing statements do not fail the replay');
complete($r, 'failing statements');
ok(errors_of($r, 'divide')->{'22012'}, 'division by zero is 22012');
like(errors_of($r, 'gone')->{'42P01'}{message}, qr/no_such_table/, 'a missing table is 42P01, by name');
ok(errors_of($r, 'duplicate')->{'23505'}, 'a duplicate key is 23505');
ok(errors_of($r, 'slow')->{'57014'}, 'the statement timeout is 57014');
is_deeply(errors_of($r, 'by id'), {}, 'its neighbours have no errors');

# Transactions
my $id = { type_oid => 20, type => 'bigint', fresh => 'integer', base => 1 };
my $step = sub {
	my ($name, $sql) = @_;
	return statement($name, $sql, [ [ 20, 'bigint' ] ], [], params => [$id]);
};
my $transactions = vectors([
		$step->('open', 'INSERT INTO log VALUES ($1, 1)'),
		$step->('close', 'UPDATE log SET step = 2 WHERE id = $1'),
		$step->('bad', 'INSERT INTO log SELECT $1 + 1000000 WHERE 1 / 0 > 1')],
	[ [ 0, 1 ], [ 0, 2, 1 ] ]);
$r = replay($transactions, '-T', '1s', '-R', '150/s');
complete($r, 'transactions');
my $good = grep { $_->{statement} == 1 && $_->{status} == 0 } @{ $r->{samples} };
my $bad = grep { $_->{statement} == 2 && $_->{status} == 1 } @{ $r->{samples} };
ok($good > 0 && $bad > 0, 'transactions of both kinds ran');
is(count_status($r, 3), $bad, 'after a failed op the rest of its transaction is skipped');
is($node->safe_psql('clone', 'SELECT count(*) FROM log'), $good, 'failed transactions left nothing');

# As fast as it goes
$r = replay($reads, '-T', '500ms', '-R', 'max');
complete($r, 'closed loop');
cmp_ok(scalar @{ $r->{samples} }, '>', 100, 'a closed loop does not wait for a schedule');

# A server that stands still
my $h = begin($reads, '-T', '4s', '-R', '100/s');
my $postmaster = (split /\n/, slurp_file($node->data_dir . '/postmaster.pid'))[0];
my @pids = ($postmaster, split ' ', `pgrep -P $postmaster`);
kill 'STOP', @pids;
sleep 2.2;
kill 'CONT', @pids;
$r = finish($h);
# 4: this machine is too busy for the generator, which is no fault of the server's.
like($r->{code}, qr/^[04]$/, 'a frozen server is no failure of the run') or diag $r->{err};
complete($r, 'frozen server');
my ($first) = sort { $b->{done} - $b->{due} <=> $a->{done} - $a->{due} } @{ $r->{samples} };
my $thaw = $first->{done};
cmp_ok($thaw - $first->{due}, '>=', 2e9, 'the freeze shows in the response time');
is((grep { $_->{due} > $first->{due} && $_->{due} < $thaw && $_->{done} < $thaw - 5e8 }
			@{ $r->{samples} }) + 0, 0, '... of every op that was due then');
cmp_ok((grep { $_->{due} > $first->{due} && $_->{due} < $thaw } @{ $r->{samples} }) + 0,
	'>', 100, '... and they were not left out');

# A server that dies and comes back
$h = begin($reads, '-T', '4s', '-R', '100/s', '-j', 2);
$node->stop('immediate');
$node->start;
$r = finish($h);
like($r->{code}, qr/^[04]$/, 'the replay goes on when the server is back') or diag $r->{err};
complete($r, 'restarted server');
is($r->{run}{arms}{baseline}{sessions_lost}, 4, 'every session was lost once');
cmp_ok(count_status($r, 2), '<=', 4, 'only what was under way has no answer');
is($r->{samples}[-1]{status}, 0, 'the last op was answered');

# A signal
$h = begin($reads, '-T', '60s', '-R', '100/s');
$h->{ipc}->signal('INT');
$r = finish($h);
is($r->{code}, 130, 'SIGINT: exit code 130');
complete($r, 'SIGINT');
is($r->{run}{stopped_by}, 'signal 2', '... and the result says so');

my $sleepy = vectors([ statement('sleepy', 'SELECT pg_sleep(30)', [], []) ]);
$h = begin($sleepy, '-T', '60s', '-R', '20/s');
$h->{ipc}->signal('TERM');
$r = finish($h);
is($r->{code}, 143, 'SIGTERM: exit code 143, without waiting for what runs');
complete($r, 'SIGTERM');
is(count_status($r, 2), scalar @{ $r->{samples} }, 'what was cancelled or waited is unfinished');
ok($node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"),
	'... and does not go on in the server');

# A full disk (a limit on file sizes acts the same)
{
	my ($dir, @command) = command($reads, '-T', '20s', '-R', 'max');
	my ($out, $err) = ('', '');
	local $SIG{XFSZ} = 'IGNORE';
	IPC::Run::run([ 'bash', '-c', 'ulimit -f 256; exec "$@"', 'bash', @command ], '>', \$out, '2>', \$err);
	$r = result($dir, $? >> 8, $err);
	is($r->{code}, 3, 'samples that cannot be written: exit code 3');
	like($err, qr/cannot write samples to .*samples are kept/s, '... and how many are kept') ;
	cmp_ok(scalar @{ $r->{samples} }, '>', 1000, '... which is true');
}

# A server that is gone for good
$h = begin($reads, '-T', '60s', '-R', '100/s');
$node->stop('immediate');
$r = finish($h);
is($r->{code}, 3, 'a lost server: exit code 3');
like($r->{err}, qr/the server was lost in mid-run/, '... with the reason');
complete($r, 'lost server');
cmp_ok(count_status($r, 0), '>', 10, 'what was measured before is kept');
is($r->{run}{stopped_by}, 'server lost', '... and the result says so');

done_testing();
