# What the tests of `pgrehearse gate` share: a small shop as staging, gate files for it, and
# running the program, to its end or only up to a stage.
package GateTest;

use strict;
use warnings FATAL => 'all';

use Exporter qw(import);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Files;
use IPC::Run;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT = qw(program staging connection spew scratch workload_file gate_file gate gate_until gate_sending
  finish_gate newest_result results_of samples checks left_behind passes processes_of wait_until);

my $serial = 0;
my $tmp = PostgreSQL::Test::Utils::tempdir();

sub scratch { return "$tmp/" . ++$serial . ($_[0] // '') }

# (exit code, stdout, stderr) of any command of the program.
sub program
{
	my ($out, $err) = ('', '');
	IPC::Run::run([ $ENV{PGREHEARSE}, @_ ], '<', \undef, '>', \$out, '2>', \$err,
		IPC::Run::timeout(150));
	return ($? & 127 ? 128 + ($? & 127) : $? >> 8, $out, $err);
}

# A server with the database "shop"; $conf is added to its configuration.
sub staging
{
	my ($name, $conf) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init;
	$node->append_conf('postgresql.conf', "fsync = off\nautovacuum = off\njit = off\n$conf");
	$node->start;
	$node->safe_psql('postgres', 'CREATE DATABASE shop');
	$node->safe_psql('shop', <<'SQL');
CREATE TABLE item (id int PRIMARY KEY, kind int NOT NULL, price int NOT NULL, note text);
INSERT INTO item SELECT n, n % 500, 1 + n % 90, 'note ' || n FROM generate_series(1, 5000) n;
CREATE FUNCTION slowly(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
  $$ BEGIN PERFORM pg_catalog.pg_sleep(0.02); RETURN n; END $$;
SQL
	return $node;
}

sub connection
{
	my ($node, $database) = @_;
	return 'host=' . $node->host . ' port=' . $node->port . ' dbname=' . ($database // 'shop');
}

my @usual = (
	[ 'by kind', 'SELECT id, note FROM item WHERE kind = $1' ],
	[ 'by id', 'SELECT price FROM item WHERE id = $1' ],
	[ 'reprice', 'UPDATE item SET price = price + $1 WHERE id = $2' ]);

# [name, text] of each statement (none: the usual three) as `capture` would have written them.
sub workload_file
{
	my @statements = @_ ? @_ : @usual;
	my $number = 0;
	my %zero = map { $_ => 0 } qw(shared_hit shared_read shared_dirtied shared_written local_hit
	  local_read temp_read temp_written wal_records wal_fpi wal_bytes);
	my %workload = (
		format => 'pgrehearse-workload/1',
		source => {
			kind => 'pg_stat_statements', server_version_num => 150000,
			system_identifier => '1', database => 'shop', role => 'app',
			search_path => '"$user", public', captured_at => '2026-05-04T09:30:12Z',
			window_s => 10, since_reset => JSON::PP::false, dealloc => 0, lost_time_share => 0,
			settings => {}, relations => [] },
		statements => [
			map {
				my ($kind) = $_->[1] =~ /^(\w+)/;
				{
					name => $_->[0], queryid => '' . ++$number, fingerprint => '',
					kind => lc $kind, writes => lc $kind eq 'select' ? JSON::PP::false : JSON::PP::true,
					tables => [], text => $_->[1],
					work => { calls => 100, rows => 100, exec_ms => 10, stddev_ms => 0, max_ms => 1, %zero }
				}
			} @statements ],
		dropped => []);
	return spew(scratch('workload.json'), JSON::PP->new->utf8->canonical->encode(\%workload));
}

# gate.yaml from its sections; a section that is undef is left out.
sub gate_file
{
	my ($node, %section) = @_;
	%section = (
		version => 1,
		staging => $node && '{dsn: "' . connection($node) . '"}',
		workload => exists $section{workload} ? $section{workload} : workload_file(),
		replay => '{rate: 40/s, time: 1s, clients: 4}',
		thresholds => "\n  - {metric: errors.rate, max: 0.1%}\n  - {metric: coverage.time, min: 90%}",
		results => scratch('results'),
		%section);
	my $up = delete $section{up};
	$section{candidate} = '{up: ' . spew(scratch('up.sql'), $up) . '}' if defined $up;
	return spew(scratch('gate.yaml'),
		join '', map { "$_: $section{$_}\n" } grep { defined $section{$_} } sort keys %section);
}

sub results_of
{
	my ($yaml) = @_;
	my ($dir) = slurp_file($yaml) =~ /^results: (\S+)$/m;
	return $dir;
}

# The directory and the record of the latest run of that gate file; nothing when it left none.
sub newest_result
{
	my ($yaml) = @_;
	my @dirs = sort { -M $a <=> -M $b } glob results_of($yaml) . '/*';
	return undef unless @dirs;
	my $path = "$dirs[0]/run.json";
	return { dir => $dirs[0], run => -e $path ? decode_json(slurp_file($path)) : undef };
}

# {code, out, err, dir, run} of a whole gate.
sub gate
{
	my ($yaml, @options) = @_;
	my ($code, $out, $err) = program('gate', $yaml, @options);
	return { code => $code, out => $out, err => $err, %{ newest_result($yaml) // {} } };
}

# Start a gate and come back when its stderr says so.
sub gate_until
{
	my ($yaml, $said, @options) = @_;
	my $h = { yaml => $yaml, out => '', err => '', mark => "GATE_TEST=$$." . ++$serial };
	local $ENV{GATE_TEST} = "$$.$serial";
	$h->{ipc} = IPC::Run::start([ $ENV{PGREHEARSE}, 'gate', $yaml, @options ],
		'<', \undef, '>', \$h->{out}, '2>', \$h->{err}, IPC::Run::timeout(150));
	while ($h->{err} !~ $said)
	{
		$h->{ipc}->pump;
		die "the gate never said $said: $h->{err}" unless $h->{ipc}->pumpable;
	}
	return $h;
}

# Start a gate and come back when it has the samples of some forty requests.
sub gate_sending
{
	my ($yaml, @options) = @_;
	my $h = gate_until($yaml, qr/\] replaying/, @options);
	wait_until(sub {
		$h->{ipc}->pump_nb;
		grep { -s $_ > 40 * 48 } glob results_of($yaml) . '/.*.partial/samples.bin';
	}) or die "the gate sends nothing: $h->{err}";
	return $h;
}

sub finish_gate
{
	my ($h) = @_;
	my $status;
	eval { $h->{ipc}->finish; };
	die $@ if $@ && $@ =~ /timeout/;
	$status = $h->{ipc}->full_result(0);
	return {
		code => $status & 127 ? 128 + ($status & 127) : $status >> 8,
		killed => $status & 127,
		out => $h->{out}, err => $h->{err}, %{ newest_result($h->{yaml}) // {} } };
}

# Processes that were started with that mark in their environment, or name $text.
sub processes_of
{
	my ($mark, $text) = @_;
	my @found;
	for my $dir (glob '/proc/[0-9]*')
	{
		my ($pid) = $dir =~ /(\d+)$/;
		next if $pid == $$;
		for my $file ('environ', 'cmdline')
		{
			open my $handle, '<', "$dir/$file" or next;
			local $/;
			no warnings 'uninitialized';
			my $content = <$handle> // '';
			next unless index("\0$content", $mark) >= 0 || ($text && index($content, $text) >= 0);
			push @found, $pid;
			last;
		}
	}
	return @found;
}

# Until the condition holds; false when it does not within half a minute.
sub wait_until
{
	my ($holds) = @_;
	my $end = time + 30;
	while (time < $end)
	{
		return 1 if $holds->();
		sleep 0.05;
	}
	return 0;
}

# Exit code 0; or 4 for no other reason than that the machine had too much to do, which says
# nothing about the program: then every check must have passed.
sub passes
{
	my ($result, $what) = @_;
	my @others = grep { !/^the machine was saturated|^the load generator was late/ }
	  @{ $result->{run}{verdict}{reasons} // ['no verdict'] };
	my @open = grep { $_->{outcome} ne 'PASS' } @{ $result->{run}{checks} };
	return ok($result->{code} == 0 || ($result->{code} == 4 && !@others && !@open), $what)
	  || diag "exit code $result->{code}: $result->{err}";
}

# The checks of that metric (and scope).
sub checks
{
	my ($result, $metric, $scope) = @_;
	return grep { $_->{metric} eq $metric && (!defined $scope || $_->{scope} eq $scope) }
	  @{ $result->{run}{checks} };
}

# Every op of a result, in the order of the schedule.
sub samples
{
	my ($result) = @_;
	my $bytes = slurp_file("$result->{dir}/samples.bin");
	my @ops;
	for (my $at = 64; $at < length $bytes; $at += 48)
	{
		my %op;
		@op{qw(due picked sent done op)} = unpack 'Q<Q<Q<Q<L<', substr($bytes, $at, 48);
		push @ops, \%op;
	}
	return sort { $a->{op} <=> $b->{op} } @ops;
}

# Databases that the program made and that are there still.
sub left_behind
{
	my ($node) = @_;
	return $node->safe_psql('postgres',
		"SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE datname LIKE 'pgrehearse%'");
}

1;
