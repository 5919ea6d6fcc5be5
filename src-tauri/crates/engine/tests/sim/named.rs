//! Every scenario as a test of its own, so that they run beside each other and carry the hazard's id.
use crate::crash::undisturbed_and_killed;

macro_rules! tests {
    ($($module:ident { $($name:ident)* })*) => {
        $(mod $module {
            $(#[test]
            fn $name() {
                super::undisturbed_and_killed(concat!(stringify!($module), "::", stringify!($name)));
            })*
        })*
        pub(crate) const NAMES: &[&str] =
            &[$($(concat!(stringify!($module), "::", stringify!($name)),)*)*];
    };
}

tests! {
    ingest {
        three_files
        ha1_growing
        large
        hb24_clock_set_back
        hb24_same_bytes_by_another
        ha2_large_changes
        ha2_large_careless
        hb6_uploads_expire
        ha3_rewritten
        ha5_touched
        hb1_already_there
        hb1_race
        hb1_race_large
        ha6_unplugged
        ha7_swapped
        ha9_unreadable
        ha13_no_events
        renamed_while_sent
        replaced_by_an_editor
        ha33_clock_jumps
        paused
        ha35_two_computers
        hb3_no_conditions
        hb14_no_checksums
        hb15_stale
        hc6_journal_gone
        hc7_journal_rolled_back
        hc9_careless_programs
        ha3_coarse_times
        login_refused_and_nothing_left
        hb12_stored_wrong
        deleted_here
        deleted_there
        ha16_spelled_otherwise
    }
    two_way {
        first_merge
        edits_both_ways
        hd1_both_changed
        hd2_edit_beats_delete
        deleted_both_ways
        hb21_deleted_unversioned
        ha15_moved
        ha15_moved_by_another
        s6_renamed_there
        ha31_edited_while_fetched
        hb18_emptied_there
        everything_deleted_here_and_meant
        hb17_marker_lost
        hb18_bucket_recreated
        hb19_restored_older
        ha6_unplugged
        ha9_unreadable
        ha28_disk_full
        ha35_two_computers
        hc6_journal_gone
        hc7_journal_rolled_back
        hc7_deleted_again
        ha7_an_older_copy_in_its_place
        ha7_a_copy_of_the_same_epoch
        hb1_changed_while_deleted
        ha31_edited_while_trashed
        hc9_careless_programs
        overwritten_here
        overwritten_there
        hd7_files_that_are_encrypted_in_portions_meet_the_brake
        hd7_replaced_there_in_portions
        hd5_meant_and_deleted_again
        many_small_deletes
        answer_to_another_question
        hd10_left_out_later
        hb16_listings_miss_keys
        ha3_same_sizes
        ha15_moved_and_written
        hb1_moved_onto
        hd3_two_conflicts
        taken_back
        hb5_late_into_a_new_folder
        taken_back_too_late
        taken_back_replaced
        hd1_settled_and_taken_back
        ha3_rewritten_behind_a_download
        ha3_rewritten_at_once_behind_a_download
        ha22_file_and_folder
        ha16_spelled_otherwise
        ha16_spelled_otherwise_unseen
        ha16_spelled_otherwise_and_changed_there
        ha16_spelled_otherwise_by_another
        ha17_twins_there
        ha17_a_twin_of_what_is_here
        ha17_not_found_out
        ha18_composed_otherwise
    }
    mirror {
        mirror_up
        mirror_down
        hb24_removed_while_it_waits
        hb19_tried_again_over_a_restore
        hb29_other_versions
        hb12_flipped_bits
        hb12_short_bodies
        mirror_down_large
        ha33_set_back_behind_an_edit
        ha15_moved_and_unread
        hb35_empty_on_both_sides
        ha16_spelled_otherwise_up
        ha17_twins_down
        ha17_known_first
    }
}
