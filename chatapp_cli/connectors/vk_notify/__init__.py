"""Service notices to VK users by phone: approved templates through a partner of VK Notify."""
