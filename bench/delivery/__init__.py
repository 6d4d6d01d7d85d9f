"""Our delivery beside thumbor, ipx, Next's image route, sharp, nginx and Varnish. `python -m bench.delivery`.

Here: installing and starting the peers, what is asked of them, and the table. Not here: anything the
product needs; nothing in `wetplate` imports this.

Rules:
1. Every figure of a row is measured in the same run, on the same pictures, by the same code, ours and
   theirs.
2. CPU milliseconds of a server's whole process tree come first: they hold on a machine that does other
   things.
3. Every server listens on 127.0.0.1 at a free port, in a process group of its own with a memory limit, and
   is ended by its id whatever happens.
4. What cannot be measured here is skipped with its reason; what a peer cannot express counts for nobody.

`peers/` one module a peer; `installing`, `processes`, `load` how they are had, run and pressed; `pictures`
what they are given; one module a row of the table (`sets`, `transforms`, `hits`, `edges`, `stampede`,
`takedowns`, `large`); `behaviour` and `inputs` the checks that the same functions make of every server;
`table` the output.
"""
