//! Jobs: processes that are bound together.
//!
//! A process is in the jobs of the one that started it, unless a job lets its
//! children go. With `KILL_ON_JOB_CLOSE` the end of the last handle to the job is
//! the end of everything in it (MSDN *Job Objects*).

use fumehood_nt::AccessMask;

use crate::answer::{Answer, Refusal};
use crate::handle::Handle;
use crate::object::{Body, ObjectId};
use crate::process::{Life, ProcessId};
use crate::world::World;

/// `JOB_OBJECT_ASSIGN_PROCESS`.
pub const ASSIGN_PROCESS: AccessMask = AccessMask(0x1);
/// `JOB_OBJECT_SET_ATTRIBUTES`: change the limits.
pub const SET_ATTRIBUTES: AccessMask = AccessMask(0x2);
/// `JOB_OBJECT_TERMINATE`.
pub const TERMINATE_JOB: AccessMask = AccessMask(0x8);

/// What becomes of a job's processes with its last handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum OnLastHandle {
    /// They go on.
    #[default]
    GoOn,
    /// They end (`JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE`).
    End,
}

/// Whether what a process of a job starts may be outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Breakaway {
    /// Never.
    #[default]
    Never,
    /// If the start asks for it (`JOB_OBJECT_LIMIT_BREAKAWAY_OK`).
    Asked,
    /// Always (`JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK`).
    Always,
}

/// What a job says of its processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Limits {
    /// What the last handle's end does.
    pub on_last_handle: OnLastHandle,
    /// Whether children may leave.
    pub breakaway: Breakaway,
    /// How many may run at a time (`JOB_OBJECT_LIMIT_ACTIVE_PROCESS`).
    pub active: Option<u32>,
    /// How much memory all of them may commit, in bytes: a fact, nothing here allocates.
    pub memory: Option<u64>,
    /// `JOB_OBJECT_UILIMIT_…`, as a fact.
    pub user_interface: u32,
}

impl World {
    /// What a job says; none if the object is no job.
    #[must_use]
    pub fn limits(&self, job: ObjectId) -> Option<&Limits> {
        match &self.object(job)?.body {
            Body::Job(limits) => Some(limits),
            _ => None,
        }
    }

    /// The processes of a job that run.
    #[must_use]
    pub fn members(&self, job: ObjectId) -> Vec<ProcessId> {
        let runs = |process: &crate::process::Process| {
            process.life == Life::Running && process.jobs.contains(&job)
        };
        let processes = self.processes.iter().filter(|(_, process)| runs(process));
        processes.map(|(number, _)| ProcessId(number)).collect()
    }

    /// Changes what a job says.
    ///
    /// # Errors
    ///
    /// The handle lacks the right, or is to no job.
    pub fn set_limits(&mut self, who: ProcessId, job: Handle, limits: Limits) -> Answer {
        let object = self.own_object(who, job, SET_ATTRIBUTES)?;
        match self
            .objects
            .item_mut(object.0)
            .map(|object| &mut object.body)
        {
            Some(Body::Job(said)) => {
                *said = limits;
                Ok(())
            }
            _ => Err(Refusal::NoHandle),
        }
    }

    /// Puts a process that runs into a job (`AssignProcessToJobObject`).
    ///
    /// # Errors
    ///
    /// A handle lacks rights, or the job is full.
    pub fn assign(&mut self, who: ProcessId, job: Handle, process: Handle) -> Answer {
        let object = self.own_object(who, job, ASSIGN_PROCESS)?;
        let needs = crate::process::SET_QUOTA | crate::process::TERMINATE;
        let member = self.own_process(who, process, needs)?;
        self.has_seat(object)?;
        let member = self
            .processes
            .item_mut(member.0)
            .ok_or(Refusal::NoProcess)?;
        if !member.jobs.contains(&object) {
            member.jobs.push(object);
        }
        Ok(())
    }

    /// Whether one more process may be in the job.
    pub(crate) fn has_seat(&self, job: ObjectId) -> Answer {
        let limits = self.limits(job).ok_or(Refusal::NoHandle)?;
        let members = self.members(job).len();
        match limits.active {
            Some(most) if members >= most as usize => {
                let (limit, what) = (most as usize, "processes in the job");
                Err(Refusal::TooMuch { limit, what })
            }
            _ => Ok(()),
        }
    }

    /// Ends every process of a job (`TerminateJobObject`).
    ///
    /// # Errors
    ///
    /// The handle lacks the right.
    pub fn end_job(&mut self, who: ProcessId, job: Handle) -> Answer {
        let object = self.own_object(who, job, TERMINATE_JOB)?;
        self.end_members(object);
        Ok(())
    }

    pub(crate) fn end_members(&mut self, job: ObjectId) {
        for member in self.members(job) {
            self.end(member);
        }
    }

    /// The jobs of what a process starts.
    pub(crate) fn jobs_of_child(
        &self,
        jobs: &[ObjectId],
        asks_to_leave: Leaves,
    ) -> Answer<Vec<ObjectId>> {
        let mut kept = Vec::new();
        for job in jobs {
            let limits = self.limits(*job).ok_or(Refusal::NoHandle)?;
            match (limits.breakaway, asks_to_leave) {
                (Breakaway::Always, _) | (Breakaway::Asked, Leaves::Asks) => {}
                (Breakaway::Never, Leaves::Asks) => return Err(Refusal::BoundToJob),
                (Breakaway::Asked | Breakaway::Never, Leaves::Stays) => kept.push(*job),
            }
        }
        Ok(kept)
    }
}

/// Whether a start asks to leave its jobs (`CREATE_BREAKAWAY_FROM_JOB`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Leaves {
    /// It stays.
    #[default]
    Stays,
    /// It asks to.
    Asks,
}
