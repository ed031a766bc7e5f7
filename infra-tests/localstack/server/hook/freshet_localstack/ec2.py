"""What EC2 itself leaves out here, whoever calls it."""

from datetime import datetime, timezone

from moto.ec2.models.instances import Instance, InstanceBackend


def complete():
    show_reboots()
    take_profiles_of_launch_templates()


def show_reboots():
    """A reboot leaves no trace in DescribeInstances: it is shown as the reason of the instance's state."""
    reboot = Instance.reboot

    def shown(self):
        reboot(self)
        self._reason = f"User initiated reboot ({datetime.now(timezone.utc).isoformat()})"

    Instance.reboot = shown


def take_profiles_of_launch_templates():
    run = InstanceBackend.run_instances

    def run_with_profile(self, *args, **kwargs):
        reservation = run(self, *args, **kwargs)
        if kwargs.get("iam_instance_profile_name") or kwargs.get("iam_instance_profile_arn"):
            return reservation
        template = kwargs.get("launch_template")
        profile = template and self._get_template_from_args(template).data.get("IamInstanceProfile")
        if profile:
            for instance in reservation.instances:
                self.associate_iam_instance_profile(
                    instance_id=instance.id,
                    iam_instance_profile_name=profile.get("Name"),
                    iam_instance_profile_arn=profile.get("Arn"),
                )
        return reservation

    InstanceBackend.run_instances = run_with_profile
