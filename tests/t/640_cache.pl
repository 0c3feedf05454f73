# What the arms read from outside their buffer caches, second by second: in the record, in the warm-up,
# and told where it does not end.

use strict;
use warnings FATAL => 'all';

use File::Basename qw(dirname);
use lib dirname(__FILE__);
use GateTest;
use List::Util qw(sum);
use PostgreSQL::Test::Cluster;
use Test::More;

sub looks
{
	my ($gate, $arm) = @_;
	return @{ $gate->{run}{arms}{$arm}{cache} };
}

sub told
{
	my ($gate) = @_;
	return grep { $_->{kind} eq 'cache' } @{ $gate->{run}{disturbances} };
}

sub gate_with_buffers
{
	my ($buffers) = @_;
	my $node = staging("with_$buffers", "shared_buffers = $buffers\n");
	# More than the small cache holds, which has to have room for two CREATE DATABASE at once.
	$node->safe_psql('shop',
		q{INSERT INTO item SELECT n, n % 500, 1, 'note ' || n FROM generate_series(5001, 30000) n});
	my $gate = gate(gate_file($node, replay => '{rate: 60/s, time: 7s, clients: 4, seed: 3}',
		thresholds => "\n  - {metric: latency.p50, max_ratio: 3}\n  - {metric: errors.rate, max: 0.1%}"),
		'--no-early-stop');
	$node->stop;
	return $gate;
}

my $warm = gate_with_buffers('64MB');
for my $arm (qw(baseline candidate)) {
	my @looks = looks($warm, $arm);
	cmp_ok(scalar @looks, '>=', 5, "the $arm was looked at about once a second");
	cmp_ok(sum(map { $_->{touched} } @looks), '>', 1000, 'its blocks were counted');
	is_deeply([ map { $_->{at_s} } @looks ], [ sort { $a <=> $b } map { $_->{at_s} } @looks ], 'in the order of time');
}
my @told = told($warm);
is(scalar @told, 0, 'a warm cache is nothing to tell') or diag(map { $_->{text} } @told);

my $small = gate_with_buffers('1MB');
for my $arm (qw(baseline candidate)) {
	my @looks = looks($small, $arm);
	cmp_ok(sum(map { $_->{read} } @looks), '>', 0.1 * sum(map { $_->{touched} } @looks),
		"a cache of 128 blocks makes the $arm read");
}
@told = told($small);
is(scalar @told, 2, 'which is told of both arms');
like($told[0]{text}, qr/second half of the replay \d\S*% of the blocks that the baseline touched were not in its buffer cache/,
	'with the share');

done_testing();
