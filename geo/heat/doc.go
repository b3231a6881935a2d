// Package heat counts complaints by cells, for a map that helps to decide where a round
// goes, without pointing at anyone who complained.
//
// It counts what was told to the police. It predicts nothing, neither of persons nor of
// areas or the people who live there, and nothing may be decided about a person by it: where
// few complain there may be little trust, and where many do there may be a good help desk.
//
// # Groups, not thresholds
//
// A map that hides small figures week by week is read by subtraction: this week less last
// week, a cell less its children, all less a layer. So here nothing is counted twice.
// At the end of each week the complaints that were not counted yet are put into groups,
// each of at least five women (one with many complaints is one) who came on at least three
// days, and each is told once, as one figure rounded to five. Whoever is in no group waits.
// Complaints are one woman's if a number of hers stands in both, or if one was entered as a new
// incident of the other. Of whom no number is known, nobody can tell from another: all of them
// together count as one woman.
//
//   - First those of one kind, in a public place or at home, in a cell of resolution 7: some
//     five square kilometres, the finest that is open of a place that can point at a woman.
//     What has waited so for three weeks may go into a group of its cell whatever its kind,
//     after three more into one of its cell of resolution 6, then of 5, then of the district.
//   - The figure of a coarser cell is of what its finer ones left, and so is that of all kinds
//     of what the kinds left: it holds none of their groups. A parent less its children, or all
//     less a layer, is again groups, never a rest of one.
//   - Sexual offences, and what a child suffered, have no cell here and no layer: they wait
//     for the district alone, among all others that do. There are no other layers than
//     public place and home, and no filter.
//
// # The window
//
// A snapshot is made once a week and tells of the groups of its last thirteen weeks. What
// changes from one to the next is whole groups: those that were closed this week come in,
// those that were closed thirteen weeks ago go out. A week that brought no group to a cell
// changes nothing in its figure; its complaints wait until they are enough, and come in
// together with those that they waited with. Whoever keeps all snapshots of a year can
// therefore find each group by itself, and nothing smaller: every sum and difference of
// published figures is one of whole groups.
//
// A snapshot is never made again. A complaint that comes in late, or that an officer files
// anew, belongs to the week in which the book learnt of it, and what was counted as it was
// then is not counted again, whatever is corrected in it.
//
// # What it cannot do
//
// Somebody who knows of every other complaint of a district, woman by woman, could see from
// the week in which a group was closed whether there was one more. He who knows all that
// needs no map.
//
// Numbers tell women apart, and only as far as they can: one who gives another each time, and
// whose complaints name none before, counts as several.
package heat
