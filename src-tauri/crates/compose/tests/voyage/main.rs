//! The first voyage, whole: real engine, journal, disk, file events and S3 client against a scripted server. Mocks only below
//! the ports.
#![cfg(test)]

mod buckets;
mod damage;
mod disk;
mod downloads;
mod facts;
mod house;
mod index;
mod listing;
mod locks;
mod never_overwrite;
mod people;
mod player;
mod playing;
mod previews;
mod prices;
mod refusals;
mod refused;
mod renames;
mod rules;
mod servers;
mod sharded;
mod sync;
mod thaws;
mod times;
mod weather;
mod wrong_bytes;
